{% macro metric_auuc(relation, by=[], options={}) %}
{#- Area under the uplift curve. Half the mean effect is what an order by chance reaches. No interval. -#}
select
    {{ insitu.by_columns(by) }}
    'auuc' as metric,
    sum((x - x_before) * (uplift + uplift_before) / 2) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(max(n_rows) as bigint) as n_rows
from ({{ insitu.uplift_points(relation, by) }}) as points
{{ insitu.group_by(by) }}
having count(*) > 0
{% endmacro %}
