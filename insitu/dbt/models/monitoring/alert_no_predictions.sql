{%- do insitu.overall_model('monitoring') -%}

with volume as (
    select use_case, day, sum(n_predictions) as n_predictions
    from {{ ref('mon_volume') }}
    group by use_case, day
),

every_use_case as (
    {{ insitu.moments_of_use_cases() | indent(4) }}
),

findings as (
    select
        every_use_case.use_case,
        'batch' as subject,
        every_use_case.now as as_of,
        coalesce(volume.n_predictions, 0) as value,
        1 as limit_value
    from every_use_case
    left join volume
        on every_use_case.use_case = volume.use_case and volume.day = cast(every_use_case.now as date)
    where coalesce(volume.n_predictions, 0) = 0
)

select
    {{ insitu.alert_columns('alert_no_predictions') }},
    'no prediction was made on ' || cast(cast(as_of as date) as {{ dbt.type_string() }}) as message
from findings
