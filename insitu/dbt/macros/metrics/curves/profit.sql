{% macro curve_profit(relation, by=[], options={}) %}
{#- Profit by threshold: x = share of rows treated (score >= threshold), y = mean money per row; the first point treats
    none, the last treats all. -#}
{%- set costs = options.costs %}
{%- set treated = '(positives - pos_below) * (' ~ costs.true_positive
    ~ ') + (negatives - neg_below) * (' ~ costs.false_positive ~ ')' %}
{%- set untreated = 'pos_below * (' ~ costs.false_negative ~ ') + neg_below * (' ~ costs.true_negative ~ ')' %}
with ladder as (
    select *, count(*) over ({{ insitu.partition_by(by) }}) as steps
    from ({{ insitu.score_ladder(relation, by, ladder=options.get('ladder')) }}) as ladder
),

points as (
    select distinct
        {{ insitu.by_columns(by) }}
        cast(null as double precision) as threshold,
        cast(0 as double precision) as x,
        (positives * ({{ costs.false_negative }}) + negatives * ({{ costs.true_negative }})) / n_rows as y,
        cast(0 as bigint) as n_rows
    from ladder
    union all
    select
        {{ insitu.by_columns(by) }}
        score as threshold,
        (n_rows - n_below) / n_rows as x,
        (
            {{ treated }}
            + {{ untreated }}
        ) / n_rows as y,
        cast(n_rows - n_below as bigint) as n_rows
    from ladder
    where steps <= 198 or n_below = 0 or {{ insitu.keep_point('n_below', 'n', 'n_rows') }}
)

select
    {{ insitu.by_columns(by) }}
    'profit' as curve,
    cast(row_number() over ({{ insitu.partition_by(by) }} order by n_rows) as integer) as point,
    threshold, x, y, n_rows
from points
{% endmacro %}
