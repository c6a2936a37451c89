{% macro metric_lift(relation, by=[], options={}) %}
{#- Positives among the top `capacity` share of rows by score, over what a random choice of that size would hold: the
    capture over the capacity. Interval: that of the capture, divided likewise. -#}
{%- set capacity = options.get('capacity', 0.1) %}
select
    {{ insitu.by_columns(by) }}
    'lift' as metric,
    value / {{ capacity }} as value,
    ci_low / {{ capacity }} as ci_low,
    ci_high / {{ capacity }} as ci_high,
    n_rows
from ({{ insitu.metric_capture(relation, by, options) }}) as captured
{% endmacro %}
