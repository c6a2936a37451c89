{% macro drift_ks(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- Two-sample Kolmogorov-Smirnov statistic, the largest gap between the two distribution functions. Missing values do
    not count. Between two current values the reference can only climb, so the gap is largest at a current value or
    just below one: the reference is sorted once, however many `over` groups there are. -#}
with current_steps as (
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

reference_steps as (
    select
        {{ insitu.by_columns(by) }}
        value,
        sum(n) as n,
        sum(sum(n)) over ({{ insitu.partition_by(by) }} order by value) as n_up_to,
        sum(sum(n)) over ({{ insitu.partition_by(by) }}) as n_rows
    from (
        select {{ insitu.by_columns(by) }}value, cast(1 as double precision) as n
        from {{ reference }}
        where {{ insitu.is_finite('value') }}
        union all
        select distinct {{ insitu.by_columns(by) }}value, cast(0 as double precision) as n
        from current_steps
    ) as merged
    {{ insitu.group_by(by, ['value']) }}
)

select
    {{ insitu.by_columns(by + over, 'current_steps.') }}
    'ks' as metric,
    max(greatest(
        abs(current_steps.n_up_to / current_steps.n_rows - reference_steps.n_up_to / reference_steps.n_rows),
        abs(
            (current_steps.n_up_to - current_steps.n) / current_steps.n_rows
            - (reference_steps.n_up_to - reference_steps.n) / reference_steps.n_rows
        )
    )) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(max(current_steps.n_rows) as bigint) as n_rows
from current_steps
inner join reference_steps
    on {{ insitu.join_on('current_steps', 'reference_steps', by) }} and current_steps.value = reference_steps.value
where reference_steps.n_rows > 0
{% if by + over %}group by {{ insitu.by_columns(by + over, 'current_steps.') | trim | trim(',') }}{% endif %}
having count(*) > 0
{% endmacro %}
