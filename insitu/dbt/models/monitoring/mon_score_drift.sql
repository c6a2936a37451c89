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
        cast(heldout.{{ insitu.identifier(config.as_of) }} as date) as day,
        cast(heldout.score as double precision) as value
    from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'heldout_predictions'), keys) }} as heldout
    inner join {{ insitu.rows_of(insitu.use_case_ref(use_case, 'models')) }} as models
        on heldout.model_version = models.model_version and heldout.snapshot_id = models.snapshot_id
    where heldout.split in ('validation', 'test')
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- the batches, and every held-out day as a batch without a name
batches as (
    select use_case, model_version, batch_id, batch_as_of, cast(score as double precision) as value
    from {{ ref('ml_predictions') }}
    union all
    select use_case, model_version, '' as batch_id, cast(day as timestamp) as batch_as_of, value
    from heldout
),

measured as (
    {% for measure in insitu.drift_measures('scores') -%}
    select * from (
        {{ insitu.macro_named('drift_' ~ measure)('heldout', 'batches', by, over) | indent(8) }}
    ) as {{ measure }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

usual as (
    {{ insitu.usual_drift('measured', by) | indent(4) }}
),

final as (
    select
        measured.use_case,
        measured.batch_id,
        measured.batch_as_of,
        measured.model_version,
        measured.metric,
        measured.value,
        usual.value as usual,
        measured.n_rows
    from measured
    left join usual on {{ insitu.join_on('measured', 'usual', by + ['metric']) }}
    where measured.batch_id <> ''
)

select * from final
