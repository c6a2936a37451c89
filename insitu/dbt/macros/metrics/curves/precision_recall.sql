{% macro curve_precision_recall(relation, by=[], options={}) %}
{#- x = recall, y = precision of the rows at or above the threshold, by growing recall; thinned evenly in recall.
    No point for a group without a positive. -#}
with ladder as (
    select *, count(*) over ({{ insitu.partition_by(by) }}) as steps
    from ({{ insitu.score_ladder(relation, by, ladder=options.get('ladder')) }}) as ladder
    where positives > 0
)

select
    {{ insitu.by_columns(by) }}
    'precision_recall' as curve,
    cast(row_number() over ({{ insitu.partition_by(by) }} order by score desc) as integer) as point,
    score as threshold,
    (positives - pos_below) / positives as x,
    (positives - pos_below) / (n_rows - n_below) as y,
    cast(n_rows - n_below as bigint) as n_rows
from ladder
where steps <= 198 or n_below = 0 or {{ insitu.keep_point('pos_below', 'pos', 'positives') }}
{% endmacro %}
