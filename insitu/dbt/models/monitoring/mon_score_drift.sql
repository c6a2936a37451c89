{%- do insitu.overall_model('monitoring') -%}

{%- set by = ['use_case', 'model_version'] %}
{%- set over = ['batch_id', 'batch_as_of'] %}
-- what the same model gave to rows it had never seen
with heldout as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set keys = ['model_version', 'snapshot_id', 'split'] + config.key -%}
    select
        '{{ use_case }}' as use_case,
        heldout.model_version,
        cast(heldout.score as double precision) as value
    from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'heldout_predictions'), keys) }} as heldout
    inner join {{ insitu.rows_of(insitu.use_case_ref(use_case, 'models')) }} as models
        on heldout.model_version = models.model_version and heldout.snapshot_id = models.snapshot_id
    where heldout.split in ('validation', 'test')
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

batches as (
    select use_case, model_version, batch_id, batch_as_of, cast(score as double precision) as value
    from {{ ref('ml_predictions') }}
),

measured as (
    {% for measure in insitu.drift_measures('scores') -%}
    select * from (
        {{ insitu.macro_named('drift_' ~ measure)('heldout', 'batches', by, over) | indent(8) }}
    ) as {{ measure }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

limits as (
    select * from {{ ref('mon_drift_limits') }}
    where subject = 'score'
),

final as (
    select
        measured.use_case,
        measured.batch_id,
        measured.batch_as_of,
        measured.model_version,
        measured.metric,
        measured.value,
        limits.usual,
        measured.n_rows,
        limits.stable_limit
    from measured
    left join limits on {{ insitu.join_on('measured', 'limits', by + ['metric']) }}
)

select * from final
