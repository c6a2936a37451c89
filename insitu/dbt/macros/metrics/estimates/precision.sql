{% macro estimate_precision(relation, by=[], options={}) %}
{#- The share of positives to expect among the rows at or above the threshold; NULL when there is none. -#}
{%- set flagged = 'case when score >= ' ~ options.get('threshold', 0.5) ~ ' then 1 else 0 end' %}
{{ insitu.estimated_ratio('precision', [flagged, 0], [flagged, flagged], relation, by, 0, 1) }}
{% endmacro %}
