{% macro estimate_recall(relation, by=[], options={}) %}
{#- The share of the positives to come that are at or above the threshold. -#}
{%- set flagged = 'case when score >= ' ~ options.get('threshold', 0.5) ~ ' then 1 else 0 end' %}
{{ insitu.estimated_ratio('recall', [flagged, 0], [1, 0], relation, by, 0, 1) }}
{% endmacro %}
