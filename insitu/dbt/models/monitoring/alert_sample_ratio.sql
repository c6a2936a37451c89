{%- do insitu.overall_model('monitoring') -%}
{%- do insitu.for_experiments() -%}

with checks as (
    select
        *,
        row_number() over (partition by use_case, experiment order by day desc, abs(n_units - n_expected) desc, variant) as recency
    from {{ ref('ml_experiment_checks') }}
),

limits as (
    {{ insitu.limits_of_use_cases(['sample_ratio']) | indent(4) }}
),

findings as (
    select
        checks.use_case,
        checks.experiment as subject,
        checks.day as as_of,
        checks.sequence_p_value as value,
        limits.sample_ratio as limit_value,
        checks.variant,
        checks.n_units,
        checks.n_expected
    from checks
    inner join limits on checks.use_case = limits.use_case
    where checks.recency = 1 and checks.sequence_p_value < limits.sample_ratio
)

select
    {{ insitu.alert_columns('alert_sample_ratio') }},
    'units do not fall to variants as their shares say: `' || variant || '` has ' || {{ insitu.count_text('n_units') }}
    || ', and would have ' || {{ insitu.count_text('n_expected') }} || '; what is compared is not comparable' as message
from findings
