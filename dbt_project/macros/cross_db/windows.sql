{#- The latest and the earliest value that is not NULL; `over` a window is added by the caller. -#}
{% macro last_value_of(column) %}{{ return('last_value(' ~ column ~ ' ignore nulls)') }}{% endmacro %}

{% macro first_value_of(column) %}{{ return('first_value(' ~ column ~ ' ignore nulls)') }}{% endmacro %}


{#-
    The frame from the current row to the end of its partition. PostgreSQL recomputes such a frame for every row, so
    there the order is turned round instead; DuckDB keeps the order and saves a sort.
-#}
{% macro window_to_the_end(partition, order) %}{{ return(adapter.dispatch('window_to_the_end')(partition, order)) }}{% endmacro %}

{% macro default__window_to_the_end(partition, order) %}
    {{- return('partition by ' ~ partition ~ ' order by ' ~ order | join(', ') ~ ' range between current row and unbounded following') -}}
{% endmacro %}

{% macro postgres__window_to_the_end(partition, order) %}
    {{- return('partition by ' ~ partition ~ ' order by ' ~ order | join(' desc, ') ~ ' desc range between unbounded preceding and current row') -}}
{% endmacro %}
