{#- The use cases of the project, from the variable `insitu_use_cases`; without any, the models over all use cases are
    switched off. -#}
{% macro use_cases() %}
    {{- return(var('insitu_use_cases', [])) -}}
{% endmacro %}


{#- The use cases that have a `<use_case>__backtest`, from the variable `insitu_backtests`. -#}
{% macro backtests() %}
    {{- return(var('insitu_backtests', [])) -}}
{% endmacro %}
