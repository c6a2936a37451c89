{% macro metric_qini(relation, by=[], options={}) %}
{#- Area between the Qini curve and the straight line to its end, which an order by chance follows: 0 for such an order,
    more for a better one. No interval. -#}
select
    {{ insitu.by_columns(by) }}
    'qini' as metric,
    sum((x - x_before) * (qini + qini_before) / 2) - sum(qini - qini_before) / 2 as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(max(n_rows) as bigint) as n_rows
from ({{ insitu.uplift_points(relation, by) }}) as points
{{ insitu.group_by(by) }}
having count(*) > 0
{% endmacro %}
