{#- Median absolute error: not moved by a few gross errors. Interval: two of the sorted errors, between which the median
    lies whatever their distribution (normal approximation to the binomial ranks); NULL where rows are too few. -#}
{% macro metric_median_absolute_error(relation, by=[], options={}) %}
{%- set margin = insitu.interval_z() ~ ' * sqrt(n_rows) / 2' %}
select
    {{ insitu.by_columns(by) }}
    'median_absolute_error' as metric,
    percentile_cont(0.5) within group (order by error) as value,
    max(case when place = floor(n_rows / 2 - {{ margin }}) then error end) as ci_low,
    max(case when place = ceil(n_rows / 2 + {{ margin }}) + 1 then error end) as ci_high,
    count(*) as n_rows
from (
    select
        *,
        row_number() over ({{ insitu.partition_by(by) }} order by error) as place,
        cast(count(*) over ({{ insitu.partition_by(by) }}) as double precision) as n_rows
    from (
        select {{ insitu.by_columns(by) }}abs(label - score) as error
        from ({{ insitu.metric_rows(relation, by, 'regression') }}) as scored
    ) as errors
) as placed
{{ insitu.group_by(by) }}
having count(*) > 0
{% endmacro %}
