{% macro metric_lift(relation, by=[], options={}) %}
{#- Positives among the top `capacity` share of rows by score, over what a random choice of that size would hold. -#}
select {{ by_columns(by) }}'lift' as metric, hits / nullif(capacity_rows * positives / n_rows, 0) as value,
    cast(null as double precision) as ci_low, cast(null as double precision) as ci_high, cast(n_rows as bigint) as n_rows
from ({{ top_share(relation, by, options.get('capacity', 0.1), options.get('ladder')) }}) as top
{% endmacro %}
