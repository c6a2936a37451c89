{%- do insitu.overall_model('monitoring') -%}
{#- A version and what it was tested on never change, so its periods are compared once. -#}
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}
{%- set by = ['use_case', 'model_version'] %}

with versions as (
    select distinct use_case, model_version
    from {{ ref('ml_batches') }}
    {%- if is_incremental() %}
    where model_version not in (select model_version from {{ this }})
    {%- endif %}
),

-- what the same model gave to rows it had never seen
scores as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set keys = ['model_version', 'snapshot_id', 'split'] + config.key -%}
    select
        '{{ use_case }}' as use_case,
        heldout.model_version,
        cast({{ insitu.scoring_period(use_case, 'heldout.' ~ insitu.identifier(config.as_of)) }} as {{ dbt.type_string() }}) as period,
        cast(heldout.score as double precision) as value
    from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'heldout_predictions'), keys) }} as heldout
    inner join {{ insitu.rows_of(insitu.use_case_ref(use_case, 'models')) }} as models
        on heldout.model_version = models.model_version and heldout.snapshot_id = models.snapshot_id
    where heldout.split in ('validation', 'test')
        and heldout.model_version in (select model_version from versions where use_case = '{{ use_case }}')
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

measured as (
    {% for measure in insitu.drift_measures('scores') -%}
    select use_case, model_version, 'score' as subject, '' as feature, period, metric, value, n_rows
    from (
        {{ insitu.macro_named('drift_' ~ measure)('scores', 'scores', by, ['period']) | indent(8) }}
    ) as {{ measure }}
    union all
    {% endfor -%}
    {% for use_case in insitu.use_cases_there() -%}
    select '{{ use_case }}' as use_case, model_version, 'feature' as subject, feature, period, metric, value, n_rows
    from (
        {{ insitu.feature_drift(use_case, "(select model_version from versions where use_case = '" ~ use_case ~ "') as wanted", of='heldout') | indent(8) }}
    ) as {{ use_case }}__drift
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        use_case,
        model_version,
        subject,
        feature,
        cast(period as timestamp) as period_start,
        metric,
        value,
        n_rows
    from measured
)

select * from final
