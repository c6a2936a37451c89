{#- The latest and the earliest value that is not NULL, over a named window. -#}
{% macro last_value_over(column, window='before') %}{{ return('last_value(' ~ column ~ ' ignore nulls) over ' ~ window) }}{% endmacro %}

{% macro first_value_over(column, window='before') %}{{ return('first_value(' ~ column ~ ' ignore nulls) over ' ~ window) }}{% endmacro %}
