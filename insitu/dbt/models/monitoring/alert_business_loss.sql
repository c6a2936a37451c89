{%- do insitu.overall_model('monitoring') -%}

with recent as (
    select * from {{ ref('mon_recent_performance') }}
    where metric = 'profit_uplift'
),

limits as (
    {{ insitu.limits_of_use_cases(['min_rows']) | indent(4) }}
),

findings as (
    select
        recent.use_case,
        recent.model_version as subject,
        recent.last_as_of as as_of,
        recent.value,
        0 as limit_value
    from recent
    inner join limits on recent.use_case = limits.use_case
    where recent.n_rows >= limits.min_rows and recent.ci_high < 0
)

select
    {{ insitu.alert_columns('alert_business_loss') }},
    'treating all or none would have brought ' || {{ insitu.number_text('-value') }} || ' more per row over the last outcomes' as message
from findings
