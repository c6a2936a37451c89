{# Which metric and curve macros apply to a task. A new metric is a macro `metric_<name>` and its name here. #}

{% macro metrics_of_task(options) %}
{%- set metrics = {
    'binary': [
        'auc', 'average_precision', 'log_loss', 'brier', 'expected_calibration_error', 'maximum_calibration_error',
        'base_rate', 'mean_score', 'accuracy', 'precision', 'recall', 'f1', 'lift', 'capture', 'missing_scores',
    ],
} %}
{%- set profit = ['profit', 'profit_treat_all', 'profit_treat_none', 'profit_uplift'] %}
{{ return(metrics[options.task] + (profit if options.costs and options.task == 'binary' else [])) }}
{% endmacro %}

{% macro curves_of_task(options) %}
{%- set curves = {
    'binary': ['roc', 'precision_recall', 'calibration', 'lift', 'gain', 'score_distribution'],
} %}
{{ return(curves[options.task] + (['profit'] if options.costs and options.task == 'binary' else [])) }}
{% endmacro %}

{% macro union_metrics(metrics, relation, by, options, prefix='metric_') %}
{#- One `union all` over metric (or curve) macros: they share their columns. -#}
{%- for metric in metrics %}
select * from ({{ context[prefix ~ metric](relation, by, options) }}) as {{ prefix ~ metric }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{% endmacro %}
