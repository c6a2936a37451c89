{% macro curve_lift(relation, by=[], options={}) %}
{#- By decile of descending score: x = share of rows up to here, y = positives in this decile over the base rate. -#}
select
    {{ insitu.by_columns(by) }}
    'lift' as curve,
    cast(decile as integer) as point,
    lowest_score as threshold,
    decile / 10 as x,
    (pos / n) / (positives / n_rows) as y,
    cast(floor(n + 0.5) as bigint) as n_rows
from ({{ insitu.score_deciles(relation, by, options.get('ladder')) }}) as deciles
where positives > 0
{% endmacro %}
