{% macro drift_unseen_share(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- Share of the values of `current` that `reference` has nothing like: numbers below its least or above its greatest,
    categories that it never had. NULL without a value on either side. -#}
{%- set known = insitu.is_finite('value') if kind == 'numeric' else 'value is not null' %}
{%- set unseen = 'current_values.value < reference_values.lowest or current_values.value > reference_values.highest' %}
with reference_values as (
    {%- if kind == 'numeric' %}
    select {{ insitu.by_columns(by) }}min(value) as lowest, max(value) as highest
    {%- else %}
    select {{ insitu.by_columns(by) }}value
    {%- endif %}
    from {{ reference }}
    where {{ known }}
    {{ insitu.group_by(by, [] if kind == 'numeric' else ['value']) }}
),

filled as (
    select distinct {{ insitu.by_columns(by) }}1 as is_filled
    from reference_values
    {%- if kind == 'numeric' %}
    where lowest is not null
    {%- endif %}
),

current_values as (
    select {{ insitu.by_columns(by + over) }}value, cast(count(*) as double precision) as n
    from {{ current }}
    where {{ known }}
    {{ insitu.group_by(by + over, ['value']) }}
)

select
    {{ insitu.by_columns(by + over, 'current_values.') }}
    'unseen_share' as metric,
    sum(case when {{ unseen if kind == 'numeric' else 'reference_values.value is null' }} then current_values.n else 0 end)
        / sum(current_values.n) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(sum(current_values.n) as bigint) as n_rows
from current_values
inner join filled on {{ insitu.join_on('current_values', 'filled', by) }}
left join reference_values
    on {{ insitu.join_on('current_values', 'reference_values', by + ([] if kind == 'numeric' else ['value'])) }}
{{ insitu.group_by(by + over, prefix='current_values.') }}
having count(*) > 0
{% endmacro %}
