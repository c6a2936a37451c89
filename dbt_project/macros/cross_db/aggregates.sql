{#- The most frequent value that is not NULL; of equally frequent ones the smallest. -#}
{% macro most_frequent(column) %}{{ return(adapter.dispatch('most_frequent')(column)) }}{% endmacro %}

{% macro duckdb__most_frequent(column) %}
    {#- Among equals DuckDB keeps the one met first. -#}
    {{- return('mode(' ~ column ~ ' order by ' ~ column ~ ')') -}}
{% endmacro %}

{% macro default__most_frequent(column) %}
    {{- return('mode() within group (order by ' ~ column ~ ')') -}}
{% endmacro %}
