{% macro curve_score_distribution(relation, by=[], options={}) %}
{#- Histogram of a probability in 20 equal bins of [0, 1], one curve per label: x = middle of the bin, y = share of the
    label's rows in it, threshold = the bin's lower edge. Empty bins have no row. -#}
{%- set bins = 20 %}
with binned as (
    select
        {{ insitu.by_columns(by) }}
        case when label = 1 then 'score_distribution_positive' else 'score_distribution_negative' end as curve,
        greatest(0, least({{ bins - 1 }}, floor(score * {{ bins }}))) as bin
    from ({{ insitu.metric_rows(relation, by) }}) as scored
),

counted as (
    select {{ insitu.by_columns(by) }}curve, bin, cast(count(*) as double precision) as n
    from binned
    {{ insitu.group_by(by, ['curve', 'bin']) }}
)

select
    {{ insitu.by_columns(by) }}
    curve,
    cast(bin as integer) + 1 as point,
    cast(bin / {{ bins }} as double precision) as threshold,
    cast((bin + 0.5) / {{ bins }} as double precision) as x,
    n / sum(n) over ({{ insitu.partition_by(by, ['curve']) }}) as y,
    cast(n as bigint) as n_rows
from counted
{% endmacro %}
