{% macro metric_brier(relation, by=[], options={}) %}
{#- Mean squared difference between score and label (Brier 1950). -#}
{{ insitu.mean_metric('brier', '(score - label) * (score - label)', relation, by) }}
{% endmacro %}
