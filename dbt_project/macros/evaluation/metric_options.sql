{% macro metric_options(config) %}
{#- What the metric macros need to know of a use case. Without a cost matrix the threshold is 0.5 and profit is absent. -#}
{%- set costs = config.get('costs') %}
{%- set threshold = config.get('threshold') %}
{%- if threshold is none %}
    {%- set threshold = cost_optimal_threshold(costs) if costs else 0.5 %}
{%- endif %}
{{ return({
    'task': config.get('task', 'binary'),
    'threshold': threshold,
    'costs': costs,
    'capacity': config.get('capacity', 0.1),
    'quantile': config.get('quantile', 0.5),
    'bins': 10,
    'extra_metrics': config.get('extra_metrics', []),
}) }}
{% endmacro %}
