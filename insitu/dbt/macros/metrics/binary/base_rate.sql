{% macro metric_base_rate(relation, by=[], options={}) %}
{#- Share of positive labels. -#}
{{ insitu.share_metric('base_rate', 'label', '1', relation, by) }}
{% endmacro %}
