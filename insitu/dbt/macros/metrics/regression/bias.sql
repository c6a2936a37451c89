{#- Mean of score minus label: positive when the model predicts too much. -#}
{% macro metric_bias(relation, by=[], options={}) %}
{{ insitu.mean_metric('bias', 'score - label', relation, by, 'regression') }}
{% endmacro %}
