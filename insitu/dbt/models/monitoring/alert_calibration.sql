{%- do insitu.overall_model('monitoring') -%}

with recent as (
    select * from {{ ref('mon_recent_performance') }}
    where metric = 'expected_calibration_error'
),

limits as (
    {{ insitu.limits_of_use_cases(['calibration_error', 'min_rows']) | indent(4) }}
),

findings as (
    select
        recent.use_case,
        recent.model_version as subject,
        recent.last_as_of as as_of,
        recent.value,
        limits.calibration_error as limit_value
    from recent
    inner join limits on recent.use_case = limits.use_case
    where recent.n_rows >= limits.min_rows and recent.value > limits.calibration_error
)

select
    {{ insitu.alert_columns('alert_calibration') }},
    'scores and outcomes differ by ' || {{ insitu.number_text('value') }} || ' on average over the last outcomes' as message
from findings
