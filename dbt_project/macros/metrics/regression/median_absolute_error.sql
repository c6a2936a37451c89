{#- Median absolute error: not moved by a few gross errors. -#}
{% macro metric_median_absolute_error(relation, by=[], options={}) %}
select
    {{ by_columns(by) }}
    'median_absolute_error' as metric,
    percentile_cont(0.5) within group (order by abs(label - score)) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    count(*) as n_rows
from ({{ metric_rows(relation, by, 'regression') }}) as scored
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
