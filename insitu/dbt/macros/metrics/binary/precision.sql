{% macro metric_precision(relation, by=[], options={}) %}
{#- Share of positives among the rows at or above the threshold; NULL when there is none. -#}
{%- set flagged = 'case when score >= ' ~ options.get('threshold', 0.5) ~ ' then 1 else 0 end' %}
{{ insitu.share_metric('precision', 'label * ' ~ flagged, flagged, relation, by) }}
{% endmacro %}
