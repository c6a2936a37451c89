{%- do insitu.overall_model('monitoring') -%}
{%- do insitu.for_experiments() -%}

with checks as (
    select
        *,
        rank() over (partition by use_case, experiment order by day desc) as recency
    from {{ ref('ml_experiment_checks') }}
),

findings as (
    select
        use_case,
        experiment as subject,
        max(day) as as_of,
        sum(n_conflicting) as value,
        0 as limit_value,
        sum(n_units) as n_units
    from checks
    where recency = 1
    group by use_case, experiment
    having sum(n_conflicting) > 0
)

select
    {{ insitu.alert_columns('alert_two_variants') }},
    {{ insitu.count_text('value') }} || ' of ' || {{ insitu.count_text('n_units') }}
    || ' units were exposed to two variants; they do not count' as message
from findings
