{% macro is_finite(column) -%}
{# False for NaN and infinities, NULL for NULL. Both warehouses order NaN above infinity, so one comparison settles
    it. #}
({{ column }} > cast('-infinity' as double precision) and {{ column }} < cast('infinity' as double precision))
{%- endmacro %}
