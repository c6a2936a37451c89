{#- The drift that 95 of 100 held-out days reach (rows of `measured` with a batch_id of ''). -#}
{% macro usual_drift(measured, by) -%}
select {{ insitu.by_columns(by) }}metric, percentile_cont(0.95) within group (order by value) as value
from {{ measured }}
where batch_id = ''
{{ insitu.group_by(by, ['metric']) }}
{%- endmacro %}
