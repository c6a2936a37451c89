{% macro curve_roc(relation, by=[], options={}) %}
{#- x = false positive rate, y = true positive rate, from (0, 0) to (1, 1); n_rows = rows at or above the threshold.
    No point for a group of one class. -#}
with ladder as (
    select *, count(*) over ({{ insitu.partition_by(by) }}) as steps
    from ({{ insitu.score_ladder(relation, by, ladder=options.get('ladder')) }}) as ladder
    where positives > 0 and negatives > 0
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
        (negatives - neg_below) / negatives as x,
        (positives - pos_below) / positives as y,
        cast(n_rows - n_below as bigint) as n_rows
    from ladder
    where steps <= 198 or n_below = 0 or {{ insitu.keep_point('n_below', 'n', 'n_rows') }}
)

select
    {{ insitu.by_columns(by) }}
    'roc' as curve,
    cast(row_number() over ({{ insitu.partition_by(by) }} order by n_rows) as integer) as point,
    threshold, x, y, n_rows
from points
{% endmacro %}
