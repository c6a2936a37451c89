{#- The metrics of a task. A new one is a macro `metric_<name>` and its name here, or, for one use case, in
    `meta.ml.evaluation.metrics`. -#}
{% macro metrics_of_task(options) %}
{%- set metrics = {
    'binary': [
        'auc', 'average_precision', 'log_loss', 'brier', 'expected_calibration_error', 'maximum_calibration_error',
        'base_rate', 'mean_score', 'accuracy', 'precision', 'recall', 'f1', 'lift', 'capture', 'missing_scores',
    ],
    'regression': [
        'mae', 'rmse', 'r2', 'bias', 'median_absolute_error', 'pinball', 'coverage', 'mean_label',
        'mean_score', 'missing_scores',
    ],
    'multiclass': [
        'multiclass_log_loss', 'multiclass_accuracy', 'multiclass_balanced_accuracy', 'multiclass_macro_f1',
        'multiclass_auc', 'multiclass_expected_calibration_error', 'multiclass_missing_scores',
    ],
} %}
{%- set profit = ['profit', 'profit_treat_all', 'profit_treat_none', 'profit_uplift'] %}
{%- set profit = profit if options.costs and options.task == 'binary' else [] %}
{{ return(metrics[options.task] + profit + options.get('extra_metrics', [])) }}
{% endmacro %}

{#- The curves of a task: macros `curve_<name>`. -#}
{% macro curves_of_task(options) %}
{%- set curves = {
    'binary': ['roc', 'precision_recall', 'calibration', 'lift', 'gain', 'score_distribution'],
    'regression': ['calibration', 'residual_distribution'],
    'multiclass': ['multiclass_calibration'],
} %}
{{ return(curves[options.task] + (['profit'] if options.costs and options.task == 'binary' else [])) }}
{% endmacro %}

{% macro union_metrics(metrics, relation, by, options, prefix='metric_') %}
{#- One `union all` over metric (or curve) macros: they share their columns, and, where scores have an order, the sorting. -#}
{%- set task = options.get('task', 'binary') %}
{%- set shared = dict(options, ladder='shared_ladder') if task != 'multiclass' else options %}
select * from (
    {% if task != 'multiclass' -%}
    with shared_ladder as (
        {{ insitu.score_ladder(relation, by, task) }}
    )
    {%- endif %}
    {%- for metric in metrics %}
    select * from ({{ insitu.macro_named(prefix ~ metric)(relation, by, shared) }}) as {{ prefix ~ metric }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
) as metrics
{% endmacro %}

{#- The columns that the metric macros of a task read: one row per row predicted, or in a multiclass task per row and
    class; then `row_id` says which belong together, by entity, as-of time and the columns in `within`. -#}
{% macro scored_columns(config, prefix='', within=[]) -%}
{%- if config.get('task') == 'multiclass' -%}
{%- set values = [] -%}
{%- for column in insitu.quoted(config.key + within, prefix) -%}{%- do values.append([column, 'text']) -%}{%- endfor -%}
{{ insitu.row_text(values) }} as row_id,
{{ prefix }}label, {{ prefix }}class, {{ prefix }}score
{%- else -%}
{{ prefix }}label, {{ prefix }}score
{%- endif -%}
{%- endmacro %}
