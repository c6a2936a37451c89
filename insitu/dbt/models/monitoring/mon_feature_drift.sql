{%- do insitu.overall_model('monitoring') -%}
{#- A batch and its model never change, so each batch is compared once. -#}
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}

with batches as (
    select use_case, batch_id, batch_as_of
    from {{ ref('ml_batches') }}
    {%- if is_incremental() %}
    where batch_id not in (select batch_id from {{ this }})
    {%- endif %}
),

limits as (
    select * from {{ ref('mon_drift_limits') }}
    where subject = 'feature'
),

measured as (
    {% for use_case in insitu.use_cases_there() -%}
    select '{{ use_case }}' as use_case, model_version, period as batch_id, feature, metric, value, n_rows
    from (
        {{ insitu.feature_drift(use_case, 'batches') | indent(8) }}
    ) as {{ use_case }}__drift
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        measured.use_case,
        measured.batch_id,
        batches.batch_as_of,
        measured.model_version,
        measured.feature,
        measured.metric,
        measured.value,
        limits.usual,
        measured.n_rows,
        limits.stable_limit
    from measured
    inner join batches on measured.use_case = batches.use_case and measured.batch_id = batches.batch_id
    left join limits on {{ insitu.join_on('measured', 'limits', ['use_case', 'model_version', 'feature', 'metric']) }}
)

select * from final
