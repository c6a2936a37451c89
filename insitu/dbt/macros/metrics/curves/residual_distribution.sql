{#- Histogram of label - score in 40 equal bins between the 1st and the 99th percentile, the outer bins open: x = middle
    of the bin, y = share of rows, threshold = lower edge. Empty bins have no row. -#}
{% macro curve_residual_distribution(relation, by=[], options={}) %}
{%- set bins = 40 %}
{%- set bin = 'floor((residuals.residual - ranges.low) / nullif(ranges.width, 0))' %}
{%- set low = 'percentile_cont(0.01) within group (order by residual)' %}
{%- set high = 'percentile_cont(0.99) within group (order by residual)' %}
with residuals as (
    select {{ insitu.by_columns(by) }}label - score as residual, 1 as one
    from ({{ insitu.metric_rows(relation, by, 'regression') }}) as scored
),

ranges as (
    select
        {{ insitu.by_columns(by) }}
        1 as one,
        {{ low }} as low,
        ({{ high }} - {{ low }})
            / {{ bins }} as width
    from residuals
    {{ insitu.group_by(by) }}
),

counted as (
    select
        {{ insitu.by_columns(by, 'residuals.') }}
        ranges.low,
        ranges.width,
        greatest(0, least({{ bins - 1 }}, coalesce({{ bin }}, 0)))
            as bin,
        cast(count(*) as double precision) as n
    from residuals
    inner join ranges on {{ insitu.join_on('residuals', 'ranges', by + ['one']) }}
    group by {{ insitu.by_columns(by, 'residuals.') }}ranges.low, ranges.width, bin
)

select
    {{ insitu.by_columns(by) }}
    'residual_distribution' as curve,
    cast(bin as integer) + 1 as point,
    low + bin * width as threshold,
    low + (bin + 0.5) * width as x,
    n / sum(n) over ({{ insitu.partition_by(by) }}) as y,
    cast(n as bigint) as n_rows
from counted
{% endmacro %}
