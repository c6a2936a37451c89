{%- do insitu.overall_model('monitoring') -%}

with batches as (
    select *
    from {{ ref('ml_batches') }}
    where batch_id in (select batch_id from ({{ insitu.last_batches() }}) as last_batches)
),

rhythms as (
    {{ insitu.rhythms() | indent(4) }}
),

-- the first batch of all finds rows of the days before: nobody missed a run
firsts as (
    select use_case, min(batch_as_of) as batch_as_of
    from {{ ref('ml_batches') }}
    group by use_case
),

limits as (
    {{ insitu.limits_of_use_cases(['late_predictions']) | indent(4) }}
),

findings as (
    select
        batches.use_case,
        'batch' as subject,
        batches.batch_as_of as as_of,
        batches.delay_minutes as value,
        rhythms.every_minutes * (1 + limits.late_predictions) as limit_value,
        rhythms.every_text
    from batches
    inner join rhythms on batches.use_case = rhythms.use_case
    inner join firsts on batches.use_case = firsts.use_case and batches.batch_as_of > firsts.batch_as_of
    inner join limits on batches.use_case = limits.use_case
)

select
    {{ insitu.alert_columns('alert_late_predictions') }},
    'rows were scored ' || {{ insitu.count_text('value / 60') }} || ' hours after they fell due, where a run is due every ' || every_text as message
from findings
where value > limit_value
