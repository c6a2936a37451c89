{#- Whether an experiment's units fall to its variants as their shares say, at every look: one row per experiment, day and variant,
    from `<use_case>__experiment_units`. `n_units` were exposed, `n_expected` would have been. `p_value` is that of
    chi-square, summed over the steps of the roll-out, for somebody who looks once; `sequence_p_value` may be looked at every day
    (Lindon & Malek 2022: the shares against all others, by a Dirichlet prior around them, step by step). Units that were
    exposed to two variants belong to the first. -#}
{% macro experiment_checks(use_case) -%}
{%- set units = insitu.use_case_ref(use_case, 'experiment_units') -%}
{%- set experiments = insitu.experiments(use_case) %}
with units as (
    select * from {{ units }}
),

looks as (
    {{ insitu.looks(use_case, experiments, 'units') | indent(4) }}
),

counts as (
    {{ insitu.unit_counts('units', 'looks') | indent(4) }}
),

shares as (
    {%- for experiment in experiments %}
    {%- for row in insitu.shares_of_steps(experiment) %}
    select
        '{{ experiment.name }}' as experiment, {{ row.step }} as step, '{{ row.variant }}' as variant,
        cast({{ row.share }} as double precision) as share
    union all
    {%- endfor %}
    {%- endfor %}
    select cast(null as {{ dbt.type_string() }}), cast(null as integer), cast(null as {{ dbt.type_string() }}), cast(null as double precision)
),

expected as (
    select
        shares.*,
        steps.day,
        coalesce(counts.n_units, 0) as n_units,
        coalesce(counts.n_conflicting, 0) as n_conflicting,
        steps.n_of_step,
        steps.n_of_step * shares.share as n_expected
    from (
        select experiment, step, day, sum(n_units) as n_of_step
        from counts
        group by experiment, step, day
    ) as steps
    inner join shares on steps.experiment = shares.experiment and steps.step = shares.step
    left join counts
        on shares.experiment = counts.experiment
        and shares.step = counts.step
        and shares.variant = counts.variant
        and steps.day = counts.day
),

judged as (
    {{ insitu.sample_ratio('expected', ['experiment', 'day'], ['step']) | indent(4) }}
),

final as (
    select
        expected.experiment,
        expected.day,
        expected.variant,
        cast(sum(expected.n_units) as bigint) as n_units,
        cast(sum(expected.n_expected) as double precision) as n_expected,
        cast(sum(expected.n_conflicting) as bigint) as n_conflicting,
        judged.chi_square,
        judged.df,
        judged.p_value,
        judged.sequence_p_value
    from expected
    inner join judged on expected.experiment = judged.experiment and expected.day = judged.day
    group by
        expected.experiment, expected.day, expected.variant, judged.chi_square, judged.df, judged.p_value, judged.sequence_p_value
)

select * from final
{%- endmacro %}
