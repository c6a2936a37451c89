{#- How many units each variant of an experiment has at each look: (experiment, day, step, variant, is_control, n_units,
    n_pending, n_conflicting). `n_units` are all that were exposed; pending ones wait for their outcomes, conflicting ones were
    exposed to two variants. `units` is `<use_case>__experiment_units`. -#}
{% macro unit_counts(units, looks) -%}
select
    looks.experiment,
    looks.day,
    arms.step,
    arms.variant,
    arms.is_control,
    cast(sum(coalesce(came, 0)) over so_far as bigint) as n_units,
    cast(sum(coalesce(came, 0) - coalesce(settled, 0)) over so_far as bigint) as n_pending,
    cast(sum(coalesce(conflicted, 0)) over so_far as bigint) as n_conflicting
from {{ looks }} as looks
inner join (select distinct experiment, step, variant, is_control from {{ units }}) as arms on looks.experiment = arms.experiment
left join (
    select experiment, step, variant, day, sum(came) as came, sum(settled) as settled, sum(conflicted) as conflicted
    from (
        select distinct experiment, unit_id, step, variant, cast(first_exposed_at as date) as day, 1 as came, 0 as settled, 0 as conflicted
        from {{ units }}
        union all
        -- no longer pending: what it brought is known, or it does not count
        select distinct experiment, unit_id, step, variant, coalesce(least(known_from, cast(conflicting_from as date)), known_from), 0, 1, 0
        from {{ units }}
        where known_from is not null or conflicting_from is not null
        union all
        select distinct experiment, unit_id, step, variant, cast(conflicting_from as date), 0, 0, 1
        from {{ units }}
        where conflicting_from is not null
    ) as events
    group by experiment, step, variant, day
) as daily
    on looks.experiment = daily.experiment
    and looks.day = daily.day
    and arms.step = daily.step
    and arms.variant = daily.variant
window so_far as (partition by looks.experiment, arms.step, arms.variant order by looks.day)
{%- endmacro %}
