{#- The body of `<use_case>__metrics`: every metric of the task, overall and by slice. In a multiclass task every class is
    a slice too, by the metrics of the question "this class or another?". A version's held-out rows do not change, nor do its
    metrics (`computed_once`). -#}
{% macro evaluation_metrics(use_case) -%}
{%- do insitu.use_case_model(use_case, 'evaluation') -%}
{{ insitu.computed_once(insitu.use_case_ref(use_case, 'heldout_predictions'), insitu.metrics_of_pending(use_case)) }}
{%- endmacro %}


{#- The metrics of the rows of a relation `pending`. -#}
{% macro metrics_of_pending(use_case) -%}
{%- set snapshots = insitu.use_case_ref(use_case, 'snapshots') %}
{%- set config = insitu.use_case_config(use_case) %}
{%- set options = insitu.metric_options(config) %}
{%- set keys = ['snapshot_id'] + config.key %}
{%- set by = ['model_version', 'snapshot_id', 'split', 'slice_column', 'slice_value'] %}
with snapshots as (
    select * from {{ snapshots }}
),

sliced as (
    select model_version, snapshot_id, split, 'all' as slice_column, 'all' as slice_value, {{ insitu.scored_columns(config) }}
        {%- for column in insitu.quantile_columns(config) %}, {{ column }}{% endfor %}
    from pending
    {%- for column in config.slices %}
    union all
    select
        pending.model_version, pending.snapshot_id, pending.split,
        {{ insitu.text_literal(column) }} as slice_column,
        coalesce(cast(snapshots.{{ insitu.identifier(column) }} as {{ dbt.type_string() }}), '(missing)') as slice_value,
        {{ insitu.scored_columns(config, 'pending.') }}
        {%- for column in insitu.quantile_columns(config) %}, pending.{{ column }}{% endfor %}
    from pending
    inner join snapshots on {{ insitu.join_on('pending', 'snapshots', keys) }}
    {%- endfor %}
),

final as (
    {{ insitu.union_metrics(insitu.metrics_of_task(options), 'sliced', by, options) | indent(4) }}
    {%- if insitu.quantiles(config) %}
    union all
    {{ insitu.quantile_metrics(config, 'sliced', by) | indent(4) }}
    {%- endif %}
    {%- if options.task == 'multiclass' %}
    union all
    select model_version, snapshot_id, split, 'class' as slice_column, ovr_class as slice_value, metric, value, ci_low, ci_high, n_rows
    from (
        {{ insitu.union_metrics(
            ['auc', 'average_precision', 'brier', 'expected_calibration_error', 'base_rate', 'mean_score'],
            insitu.one_against_rest("(select * from sliced where slice_column = 'all') as overall", by[:3]), by[:3] + ['ovr_class'], {}
        ) | indent(8) }}
    ) as by_class
    {%- endif %}
)

select * from final
{%- endmacro %}
