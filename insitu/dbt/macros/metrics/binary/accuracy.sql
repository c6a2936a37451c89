{% macro metric_accuracy(relation, by=[], options={}) %}
{#- Share of rows whose decision (score >= threshold) equals the label. -#}
{%- set positive = 'case when score >= ' ~ options.get('threshold', 0.5) ~ ' then label else 1 - label end' %}
{{ insitu.share_metric('accuracy', positive, '1', relation, by) }}
{% endmacro %}
