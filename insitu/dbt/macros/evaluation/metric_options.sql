{#- What the metric macros need to know of a use case, from `meta.ml.costs` and `meta.ml.evaluation`. Without a cost
    matrix the threshold is 0.5 and profit is absent. -#}
{% macro metric_options(config) %}
{%- set costs = config.get('costs') %}
{%- set evaluation = config.get('evaluation', {}) %}
{%- set known = ['threshold', 'capacity', 'quantile', 'metrics'] %}
{%- for key in evaluation if key not in known %}
    {%- do exceptions.raise_compiler_error(
        "`meta.ml.evaluation` has an unknown key `" ~ key ~ "`. There are: " ~ known | join(', ') ~ "."
    ) %}
{%- endfor %}
{%- set threshold = evaluation.get('threshold') %}
{%- if threshold is none %}
    {%- set threshold = insitu.cost_optimal_threshold(costs) if costs else 0.5 %}
{%- endif %}
{{ return({
    'task': config.get('task', 'binary'),
    'threshold': threshold,
    'costs': costs,
    'capacity': evaluation.get('capacity', 0.1),
    'quantile': evaluation.get('quantile', 0.5),
    'bins': 10,
    'extra_metrics': evaluation.get('metrics', []),
}) }}
{% endmacro %}
