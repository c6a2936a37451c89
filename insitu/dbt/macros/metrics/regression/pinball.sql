{#- Mean quantile loss at the quantile the model predicts (Koenker & Bassett 1978): a label above the score weighs
    `quantile`, one below 1 - `quantile`. At 0.5 it is half the mean absolute error. -#}
{% macro metric_pinball(relation, by=[], options={}) %}
{%- set q = options.get('quantile', 0.5) %}
{%- set loss = 'greatest((label - score) * ' ~ q ~ ', (score - label) * (1 - ' ~ q ~ '))' %}
{{ insitu.mean_metric('pinball', loss, relation, by, 'regression') }}
{% endmacro %}
