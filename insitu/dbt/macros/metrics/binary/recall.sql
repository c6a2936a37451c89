{% macro metric_recall(relation, by=[], options={}) %}
{#- Share of the positives at or above the threshold; NULL without a positive. -#}
{%- set flagged = 'case when score >= ' ~ options.get('threshold', 0.5) ~ ' then 1 else 0 end' %}
{{ insitu.share_metric('recall', 'label * ' ~ flagged, 'label', relation, by) }}
{% endmacro %}
