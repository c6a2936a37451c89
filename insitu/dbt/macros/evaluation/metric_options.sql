{#- What the metric macros need to know of a use case, from `meta.ml.costs` and `meta.ml.evaluation`. Without a cost
    matrix the threshold is 0.5 and profit is absent. -#}
{% macro metric_options(config) %}
{%- set config = insitu.with_defaults(config) %}
{%- set costs, evaluation = config.costs, config.evaluation %}
{%- set known = ['threshold', 'capacity', 'quantile', 'metrics'] %}
{%- for key in evaluation if key not in known %}
    {%- do exceptions.raise_compiler_error(
        "`meta.ml.evaluation` has an unknown key `" ~ key ~ "`. There are: " ~ known | join(', ') ~ "."
    ) %}
{%- endfor %}
{%- set threshold = evaluation.threshold %}
{%- if threshold is none %}
    {%- set threshold = insitu.cost_optimal_threshold(costs) if costs else 0.5 %}
{%- endif %}
{{ return({
    'task': config.task,
    'threshold': threshold,
    'costs': costs,
    'capacity': evaluation.capacity,
    'quantile': evaluation.quantile,
    'bins': 10,
    'extra_metrics': evaluation.metrics,
}) }}
{% endmacro %}
