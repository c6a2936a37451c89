{#- Coefficient of determination: 1 - squared error over the labels' own spread. NULL when the labels have none. -#}
{% macro metric_r2(relation, by=[], options={}) %}
select
    {{ by_columns(by) }}
    'r2' as metric,
    1 - sum((label - score) * (label - score)) / nullif(sum((label - mean_label) * (label - mean_label)), 0) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    count(*) as n_rows
from (
    select *, avg(label) over ({{ partition_by(by) }}) as mean_label
    from ({{ metric_rows(relation, by, 'regression') }}) as scored
) as centred
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
