{#- Whole days from a date to the day of `as_of`. -#}
{% macro days_before_now(day) -%}
(cast({{ insitu.timestamp_literal(insitu.newest_as_of()) }} as date) - {{ day }})
{%- endmacro %}
