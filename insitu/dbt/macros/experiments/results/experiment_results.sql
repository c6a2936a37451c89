{#- Body of `<use_case>__experiment_results`: every metric of every variant against the control at every look, a day, from
    `<use_case>__experiment_units`: for all units, and by slice. What a look says rests on what was known at the end of its day;
    it says the same whenever it is asked for again. -#}
{% macro experiment_results(use_case) -%}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set units = insitu.use_case_ref(use_case, 'experiment_units') -%}
{%- set experiments = insitu.experiments(use_case) -%}
{%- set slice = ['slice_column', 'slice_value'] -%}
{%- set arm = ['experiment', 'metric', 'variant', 'slice_column', 'slice_value', 'day'] -%}
{%- set compares -%}
inner join comparisons
    on sliced.experiment = comparisons.experiment
    and sliced.step = comparisons.step
    and (sliced.is_control = 1 or sliced.variant = comparisons.variant)
{%- endset -%}
{%- set weight = 'case when sliced.is_control = 1 then comparisons.weight_control else comparisons.weight_variant end' %}
with units as (
    select * from {{ units }}
),

declared as (
    {{ insitu.metrics_declared(experiments) | indent(4) }}
),

comparisons as (
    {{ insitu.comparisons(experiments) | indent(4) }}
),

looks as (
    {{ insitu.looks(use_case, experiments, 'units') | indent(4) }}
),

-- sums are counted from about the mean: a large one would take digits from a small spread
middles as (
    select
        units.experiment,
        units.metric,
        case
            when max(declared.kind) in ('mean', 'ratio') then coalesce(sum(numerator) / nullif(sum(denominator), 0), 0)
            else 0.0
        end as middle,
        coalesce(avg(covariate), 0) as covariate_middle
    from units
    inner join declared on units.experiment = declared.experiment and units.metric = declared.metric
    where units.counted_from is not null
    group by units.experiment, units.metric
),

sliced as (
    {{ insitu.sliced_units(experiments, 'units') | indent(4) }}
),

-- what comes to the sums on a day, and what goes from them
changes as (
    select *, counted_from as day, 1 as sign, is_first as is_new
    from sliced
    where kind <> 'quantile' and winsorise is null
    union all
    select *, counted_until as day, -1 as sign, 0 as is_new
    from sliced
    where kind <> 'quantile' and winsorise is null and counted_until is not null
),

daily_of_steps as (
    select
        experiment, metric, kind, middle, covariate_middle, variant, is_control, step, slice_column, slice_value, day, is_new,
        {{ insitu.moments_of_units() | indent(8) }}
    from changes
    group by
        experiment, metric, kind, middle, covariate_middle, variant, is_control, step, slice_column, slice_value, day, is_new
),

daily as (
    {{ insitu.compared_moments('daily_of_steps') | indent(4) }}
),

asked as (
    select
        declared.*,
        variants.variant,
        groups.slice_column,
        groups.slice_value,
        looks.day
    from declared
    inner join looks on declared.experiment = looks.experiment
    inner join (
        {%- for experiment in experiments %}
        {%- for variant in experiment.variants[1:] %}
        select '{{ experiment.name }}' as experiment, '{{ variant.name }}' as variant
        union all
        {%- endfor %}
        {%- endfor %}
        select cast(null as {{ dbt.type_string() }}) as experiment, cast(null as {{ dbt.type_string() }}) as variant
    ) as variants on declared.experiment = variants.experiment
    inner join (
        select distinct experiment, slice_column, slice_value from sliced
        union
        select experiment, '' as slice_column, '' as slice_value from looks
    ) as groups on declared.experiment = groups.experiment
),

so_far as (
    select
        sides.experiment, sides.metric, sides.variant, sides.is_control, sides.slice_column, sides.slice_value, sides.day,
        sides.kind, middles.middle, middles.covariate_middle,
        {{ insitu.summed_moments(window='until_then') | indent(8) }}
    from (
        select asked.*, sides.is_control
        from asked
        cross join (select 1 as is_control union all select 0 as is_control) as sides
        where asked.kind <> 'quantile' and asked.winsorise is null
    ) as sides
    inner join middles on sides.experiment = middles.experiment and sides.metric = middles.metric
    left join daily on {{ insitu.join_on('sides', 'daily', arm + ['is_control']) }}
    window until_then as (
        partition by sides.experiment, sides.metric, sides.variant, sides.is_control, sides.slice_column, sides.slice_value
        order by sides.day
    )
),

-- where an order counts, sums do not add up: all units of each look
standing as (
    select
        sliced.*,
        looks.day,
        sum(1) over ranks as place,
        sum(1) over (
            partition by sliced.experiment, sliced.metric, sliced.slice_column, sliced.slice_value, looks.day
        ) as places
    from sliced
    inner join looks
        on sliced.experiment = looks.experiment
        and sliced.counted_from <= looks.day
        and (sliced.counted_until is null or looks.day < sliced.counted_until)
    where sliced.kind = 'quantile' or sliced.winsorise is not null
    window ranks as (
        partition by sliced.experiment, sliced.metric, sliced.slice_column, sliced.slice_value, looks.day
        order by sliced.numerator
    )
),

caps as (
    select
        experiment,
        metric,
        day,
        min(case when place >= places * (1 - winsorise - 1e-12) then numerator end) as lowest,
        min(case when place >= places * (winsorise - 1e-12) then numerator end) as highest
    from standing
    where slice_column = '' and winsorise is not null
    group by experiment, metric, day
),

capped as (
    select
        standing.experiment, standing.metric, standing.kind, standing.middle, standing.covariate_middle, standing.variant,
        standing.is_control, standing.step, standing.slice_column, standing.slice_value, standing.day, standing.denominator,
        standing.covariate, 1 as sign, greatest(caps.lowest, least(caps.highest, standing.numerator)) as numerator
    from standing
    inner join caps
        on standing.experiment = caps.experiment and standing.metric = caps.metric and standing.day = caps.day
    where standing.kind <> 'quantile'
),

capped_of_steps as (
    select
        experiment, metric, kind, middle, covariate_middle, variant, is_control, step, slice_column, slice_value, day,
        {{ insitu.moments_of_units() | indent(8) }}
    from capped
    group by
        experiment, metric, kind, middle, covariate_middle, variant, is_control, step, slice_column, slice_value, day
),

capped_so_far as (
    {{ insitu.compared_moments('capped_of_steps') | indent(4) }}
),

ordered as (
    select
        sliced.experiment, sliced.metric, comparisons.variant, sliced.slice_column, sliced.slice_value, sliced.day,
        sliced.is_control, sliced.q, sliced.numerator as value,
        {{ weight }} as weight
    from standing as sliced
    {{ compares | indent(4) }}
    where sliced.kind = 'quantile'
),

arms as (
    {%- for moments in ['so_far', 'capped_so_far'] %}
    select
        {{ insitu.quoted(arm) | join(', ') }}, is_control, n_units,
        {{ insitu.estimate_columns() | join(', ') }}
    from ({{ insitu.arms_by_moments(moments) | indent(4) }}) as {{ moments }}_arms
    union all
    {%- endfor %}
    select
        {{ insitu.quoted(arm) | join(', ') }}, is_control, n_units,
        {{ insitu.estimate_columns() | join(', ') }}
    from ({{ insitu.arms_by_quantile('ordered', arm + ['is_control']) | indent(4) }}) as ordered_arms
),

results as (
    select *
    from {{ insitu.effects_of_arms('asked', 'arms', arm) | indent(4) }} as effects
),

-- the units that came on a day alone, by which an effect that wears off shows
new_of_steps as (
    select * from daily_of_steps
    where is_new = 1 and slice_column = ''
),

new_units as (
    {{ insitu.compared_moments('new_of_steps') | indent(4) }}
),

days as (
    {{ insitu.effects_of_days('asked', 'new_units', arm) | indent(4) }}
),

counts_of_arms as (
    {{ insitu.unit_counts('units', 'looks') | indent(4) }}
),

counts as (
    select
        asked.experiment, asked.variant, asked.day, sum(counts_of_arms.n_pending) as n_pending,
        sum(counts_of_arms.n_conflicting) as n_conflicting
    from (select distinct experiment, variant, day from asked) as asked
    inner join counts_of_arms
        on asked.experiment = counts_of_arms.experiment
        and asked.day = counts_of_arms.day
        and (counts_of_arms.is_control = 1 or asked.variant = counts_of_arms.variant)
    group by asked.experiment, asked.variant, asked.day
),

paced as (
    select
        results.*,
        -- both arms' units of a day, over the last week
        (n_units_control + n_units - lag(n_units_control + n_units, 7) over of_row) / 7.0 as units_a_day
    from results
    window of_row as (partition by experiment, metric, variant, slice_column, slice_value order by day)
),

final as (
    select
        paced.experiment,
        paced.day,
        paced.metric,
        paced.kind,
        paced.role,
        paced.variant,
        paced.control,
        paced.slice_column,
        paced.slice_value,
        cast(paced.n_units_control as bigint) as n_units_control,
        cast(paced.n_units as bigint) as n_units,
        cast(coalesce(counts.n_pending, 0) as bigint) as n_pending,
        cast(coalesce(counts.n_conflicting, 0) as bigint) as n_conflicting,
        {%- for name in [
            'value_control', 'value', 'effect', 'relative_effect', 'standard_error', 'relative_standard_error', 'p_value',
            'p_value_corrected', 'lower', 'upper', 'relative_lower', 'relative_upper', 'sequence_p_value', 'sequence_lower',
            'sequence_upper', 'relative_sequence_lower', 'relative_sequence_upper',
        ] %}
        cast(paced.{{ name }} as double precision) as {{ name }},
        {%- endfor %}
        paced.alpha,
        paced.margin,
        paced.is_not_worse,
        paced.verdict,
        paced.detectable_effect,
        paced.n_units_needed,
        ceil(
            greatest(paced.n_units_needed - paced.n_units_control - paced.n_units, 0) / nullif(paced.units_a_day, 0)
        ) as days_needed,
        days.effect_of_day,
        days.standard_error_of_day,
        days.trend,
        days.trend_p_value
    from paced
    left join days
        on {{ insitu.join_on('paced', 'days', arm) }}
    left join counts
        on paced.experiment = counts.experiment and paced.variant = counts.variant and paced.day = counts.day
)

select * from final
{%- endmacro %}
