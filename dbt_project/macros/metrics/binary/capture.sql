{% macro metric_capture(relation, by=[], options={}) %}
{#- Share of all positives that the top `capacity` share of rows by score holds (cumulative gain). -#}
select {{ by_columns(by) }}'capture' as metric, hits / nullif(positives, 0) as value,
    cast(null as double precision) as ci_low, cast(null as double precision) as ci_high, cast(n_rows as bigint) as n_rows
from ({{ top_share(relation, by, options.get('capacity', 0.1), options.get('ladder')) }}) as top
{% endmacro %}
