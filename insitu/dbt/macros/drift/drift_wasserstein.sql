{% macro drift_wasserstein(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- First Wasserstein distance: how far the values of `current` would have to move, on average, to be distributed as those of
    `reference`, in standard deviations of the reference; NULL where that does not vary. Missing values do not count.

    It is the area between the two quantile functions. Over the ranks of one current value the reference's quantiles climb past
    it at most once, so the area is known from sums of the smallest values of the reference, up to three ranks. The reference
    is sorted once, however many `over` groups there are. -#}
{%- set ranks = ['from_rank', 'past_rank', 'to_rank'] %}
with sorted as (
    select
        {{ insitu.by_columns(by) }}
        value,
        cast(row_number() over in_order as bigint) as place,
        sum(value) over (in_order rows unbounded preceding) as sum_up_to
    from (
        select {{ insitu.by_columns(by) }}cast(value as double precision) as value
        from {{ reference }}
        where {{ insitu.is_finite('value') }}
    ) as known
    window in_order as ({{ insitu.partition_by(by) }} order by value)
),

totals as (
    select
        {{ insitu.by_columns(by) }}
        cast(count(*) as double precision) as n,
        nullif(stddev_samp(value), 0) as deviation
    from sorted
    {{ insitu.group_by(by) }}
),

current_steps as (
    select
        {{ insitu.by_columns(by + over) }}
        value,
        cast(count(*) as double precision) as n,
        sum(cast(count(*) as double precision)) over ({{ insitu.partition_by(by + over) }} order by value) as n_up_to,
        sum(cast(count(*) as double precision)) over ({{ insitu.partition_by(by + over) }}) as n_rows
    from {{ current }}
    where {{ insitu.is_finite('value') }}
    {{ insitu.group_by(by + over, ['value']) }}
),

-- how many of the reference are at most as large as each current value
reached as (
    select {{ insitu.by_columns(by) }}value, sum(sum(n)) over ({{ insitu.partition_by(by) }} order by value) as n_reached
    from (
        select {{ insitu.by_columns(by) }}value, cast(1 as double precision) as n
        from sorted
        union all
        select distinct {{ insitu.by_columns(by) }}value, cast(0 as double precision) as n
        from current_steps
    ) as merged
    {{ insitu.group_by(by, ['value']) }}
),

-- the ranks of the reference, fractions included, that lie across from a current value, and where they pass it
ranged as (
    select
        {{ insitu.by_columns(by + over, 'current_steps.') }}
        current_steps.value,
        current_steps.n_rows,
        totals.n as n_reference,
        totals.deviation,
        totals.n * (current_steps.n_up_to - current_steps.n) / current_steps.n_rows as from_rank,
        totals.n * current_steps.n_up_to / current_steps.n_rows as to_rank,
        greatest(
            totals.n * (current_steps.n_up_to - current_steps.n) / current_steps.n_rows,
            least(totals.n * current_steps.n_up_to / current_steps.n_rows, reached.n_reached)
        ) as past_rank
    from current_steps
    inner join totals on {{ insitu.join_on('current_steps', 'totals', by) }}
    inner join reached on {{ insitu.join_on('current_steps', 'reached', by + ['value']) }}
),

-- the sum of the smallest values of the reference, up to a rank
summed as (
    select
        ranged.*
        {%- for rank in ranks %},
        coalesce({{ rank }}_below.sum_up_to, 0)
        + (ranged.{{ rank }} - floor(ranged.{{ rank }})) * coalesce({{ rank }}_next.value, 0) as sum_{{ rank }}
        {%- endfor %}
    from ranged
    {%- for rank in ranks %}
    left join sorted as {{ rank }}_below
        on {{ insitu.join_on('ranged', rank ~ '_below', by) }} and cast(floor(ranged.{{ rank }}) as bigint) = {{ rank }}_below.place
    left join sorted as {{ rank }}_next
        on {{ insitu.join_on('ranged', rank ~ '_next', by) }} and cast(floor(ranged.{{ rank }}) as bigint) + 1 = {{ rank }}_next.place
    {%- endfor %}
)

select
    {{ insitu.by_columns(by + over) }}
    'wasserstein' as metric,
    greatest(0, sum(
        value * (2 * past_rank - from_rank - to_rank) + sum_from_rank + sum_to_rank - 2 * sum_past_rank
    )) / max(n_reference) / max(deviation) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(max(n_rows) as bigint) as n_rows
from summed
{{ insitu.group_by(by + over) }}
having count(*) > 0
{% endmacro %}
