{#- The latest value that is not NULL; the caller adds `over` a window. -#}
{% macro last_value_of(column) %}{{ return('last_value(' ~ column ~ ' ignore nulls)') }}{% endmacro %}

{#- The earliest value that is not NULL; the caller adds `over` a window. -#}
{% macro first_value_of(column) %}{{ return('first_value(' ~ column ~ ' ignore nulls)') }}{% endmacro %}
