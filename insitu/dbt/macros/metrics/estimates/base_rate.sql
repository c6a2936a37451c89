{% macro estimate_base_rate(relation, by=[], options={}) %}
{#- The share of positives to expect: the mean score. -#}
{{ insitu.estimated_ratio('base_rate', [1, 0], [1, 1], relation, by, 0, 1) }}
{% endmacro %}
