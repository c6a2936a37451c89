{#- The columns that identify a row to predict: entity and as-of time. -#}
{% macro key_columns(config) %}
    {{- return(config.get('entity', []) + [config.get('as_of', 'as_of')]) -}}
{% endmacro %}
