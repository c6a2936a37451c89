{% macro estimate_brier(relation, by=[], options={}) %}
{#- The mean squared difference between score and label to expect, Σ p (1 - p) / n. -#}
{{ insitu.estimated_ratio('brier', ['(1 - score) * (1 - score)', 'score * score'], [1, 1], relation, by, 0, 1) }}
{% endmacro %}
