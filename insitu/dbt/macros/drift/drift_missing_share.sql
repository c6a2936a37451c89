{% macro drift_missing_share(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- Share of missing values (NULL; NaN and infinities too in numeric columns) of `current` minus that of
    `reference`. -#}
{%- set known = insitu.is_finite('value') if kind == 'numeric' else 'value is not null' %}
with reference_shares as (
    select {{ insitu.by_columns(by) }}avg(case when {{ known }} then 0.0 else 1.0 end) as share
    from {{ reference }}
    {{ insitu.group_by(by) }}
    having count(*) > 0
),

current_shares as (
    select
        {{ insitu.by_columns(by + over) }}
        avg(case when {{ known }} then 0.0 else 1.0 end) as share,
        count(*) as n_rows
    from {{ current }}
    {{ insitu.group_by(by + over) }}
    having count(*) > 0
)

select
    {{ insitu.by_columns(by + over, 'current_shares.') }}
    'missing_share' as metric,
    cast(current_shares.share - reference_shares.share as double precision) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    current_shares.n_rows
from current_shares
inner join reference_shares on {{ insitu.join_on('current_shares', 'reference_shares', by) }}
{% endmacro %}
