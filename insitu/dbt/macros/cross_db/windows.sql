{#- The latest and the earliest value that is not NULL; `over` a window is added by the caller. -#}
{% macro last_value_of(column) %}{{ return('last_value(' ~ column ~ ' ignore nulls)') }}{% endmacro %}

{% macro first_value_of(column) %}{{ return('first_value(' ~ column ~ ' ignore nulls)') }}{% endmacro %}
