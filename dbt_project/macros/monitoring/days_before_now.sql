{#- Whole days from a date to the day of `as_of`. -#}
{% macro days_before_now(day) -%}
(cast({{ timestamp_literal(as_of()) }} as date) - {{ day }})
{%- endmacro %}
