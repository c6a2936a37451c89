{% macro curve_gain(relation, by=[], options={}) %}
{#- By decile of descending score: x = share of rows treated, y = share of all positives among them. -#}
select
    {{ insitu.by_columns(by) }}
    'gain' as curve,
    cast(decile as integer) as point,
    lowest_score as threshold,
    decile / 10 as x,
    sum(pos) over ({{ insitu.partition_by(by) }} order by decile) / positives as y,
    cast(floor(sum(n) over ({{ insitu.partition_by(by) }} order by decile) + 0.5) as bigint) as n_rows
from ({{ insitu.score_deciles(relation, by, options.get('ladder')) }}) as deciles
where positives > 0
{% endmacro %}
