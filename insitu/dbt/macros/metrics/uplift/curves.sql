{% macro curve_uplift(relation, by=[], options={}) %}
{#- x = share of rows treated, by descending predicted effect; y = what that brings for each row of the group: the difference
    of the two means among them, times x. -#}
{{ insitu.uplift_curve('uplift', relation, by) }}
{% endmacro %}


{% macro curve_qini(relation, by=[], options={}) %}
{#- x = share of rows treated, by descending predicted effect; y = labels that treating them brings, for each row that was
    treated in the group: the labels of the treated less those of as many others. -#}
{{ insitu.uplift_curve('qini', relation, by) }}
{% endmacro %}


{% macro uplift_curve(curve, relation, by=[]) %}
{#- The points of one of the two curves, from (0, 0) on, thinned. -#}
with ladder as (
    select
        *,
        n_treated + n_control as n_above,
        lag(n_treated + n_control, 1, cast(0 as double precision)) over ({{ insitu.partition_by(by) }} order by x) as n_before,
        count(*) over ({{ insitu.partition_by(by) }}) as steps
    from ({{ insitu.uplift_points(relation, by) }}) as points
),

points as (
    select distinct
        {{ insitu.by_columns(by) }}
        cast(null as double precision) as threshold,
        cast(0 as double precision) as x,
        cast(0 as double precision) as y,
        cast(0 as bigint) as n_rows
    from ladder
    union all
    select
        {{ insitu.by_columns(by) }}
        score as threshold,
        x,
        {{ curve }} as y,
        cast(n_above as bigint) as n_rows
    from ladder
    where steps <= 198 or n_above = n_rows or {{ insitu.keep_point('n_before', '(n_above - n_before)', 'n_rows') }}
)

select
    {{ insitu.by_columns(by) }}
    '{{ curve }}' as curve,
    cast(row_number() over ({{ insitu.partition_by(by) }} order by n_rows) as integer) as point,
    threshold, x, y, n_rows
from points
{% endmacro %}
