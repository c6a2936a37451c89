{#- The square of a floating-point expression. PostgreSQL refuses results too small for a double, which are 0 to
    everyone else. -#}
{% macro squared(x) %}{{ return(adapter.dispatch('squared', 'insitu')(x)) }}{% endmacro %}

{% macro default__squared(x) %}{{ return('power(' ~ x ~ ', 2)') }}{% endmacro %}

{% macro postgres__squared(x) %}
    {{- return('power(case when abs(' ~ x ~ ') < 1e-150 then 0 else ' ~ x ~ ' end, 2)') -}}
{% endmacro %}
