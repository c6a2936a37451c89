{% macro normal_interval(metric, relation, by=[], lowest=none, highest=none) %}
{#- The rows of a metric from (by…, value, standard_error, n_rows), the interval cut to what the metric can be. -#}
{%- set margin = insitu.interval_z() ~ ' * standard_error' %}
{%- set low = 'value - ' ~ margin if lowest is none else 'greatest(' ~ lowest ~ ', value - ' ~ margin ~ ')' %}
{%- set high = 'value + ' ~ margin if highest is none else 'least(' ~ highest ~ ', value + ' ~ margin ~ ')' %}
select
    {{ insitu.by_columns(by) }}
    '{{ metric }}' as metric,
    value,
    -- greatest and least ignore NULL, so the case keeps "unknown" unknown
    case when standard_error is not null then {{ low }} end as ci_low,
    case when standard_error is not null then {{ high }} end as ci_high,
    n_rows
from {{ relation }}
{% endmacro %}
