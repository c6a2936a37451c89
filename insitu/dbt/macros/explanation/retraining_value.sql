{#- The rows of a use case in `ml_retraining_value`: the metric a candidate would have had, retrained every so many days. A period
    is scored by models of several ages; retrained every k days, it meets each age below k equally often. Only periods
    that were scored at all those ages count, and the freshest model is measured on the same periods: the difference is
    age, not season. -#}
{% macro retraining_value(use_case) -%}
{%- set sign = 1 if insitu.higher_is_better(insitu.selection_metric(insitu.use_case_config(use_case))) else -1 -%}
with backtest as (
    select * from {{ insitu.use_case_ref(use_case, 'backtest') }}
),

ages as (
    select
        *,
        row_number() over (partition by backtest_key, from_as_of order by age_days) as age_rank,
        first_value(value) over (partition by backtest_key, from_as_of order by age_days) as fresh_value
    from backtest
),

policies as (
    select distinct backtest_key, age_rank as n_ages
    from ages
),

-- a period met by the policy at each of its ages
met as (
    select
        policies.backtest_key,
        policies.n_ages,
        ages.from_as_of,
        avg(ages.value) as value,
        max(ages.fresh_value) as fresh_value
    from policies
    inner join ages
        on policies.backtest_key = ages.backtest_key and ages.age_rank <= policies.n_ages
    group by policies.backtest_key, policies.n_ages, ages.from_as_of
    having count(*) = policies.n_ages
),

described as (
    select
        backtest_key,
        max(candidate) as candidate,
        max(metric) as metric,
        max(training_as_of) as training_as_of,
        max(every_days) as every_days
    from backtest
    group by backtest_key
),

final as (
    select
        met.backtest_key,
        described.training_as_of,
        described.candidate,
        described.metric,
        described.every_days * met.n_ages as retrained_every_days,
        count(*) as n_periods,
        avg(met.value) as value,
        avg(met.fresh_value) as value_retrained_most_often,
        avg({{ sign }} * (met.fresh_value - met.value)) as lost_by_age,
        stddev_samp(met.fresh_value - met.value) / sqrt(count(*)) as standard_error
    from met
    inner join described on met.backtest_key = described.backtest_key
    group by
        met.backtest_key, described.training_as_of, described.candidate, described.metric, described.every_days, met.n_ages
)

select * from final
{%- endmacro %}
