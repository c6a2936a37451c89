{#- The use cases of the project, from the variable `insitu_use_cases`; without any, the models over all use cases are
    switched off. -#}
{% macro use_cases() %}
    {{- return(var('insitu_use_cases', [])) -}}
{% endmacro %}
