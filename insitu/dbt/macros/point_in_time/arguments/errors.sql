{#- One shape for every compile-time error of the feature macros: model, argument, what was found, what is allowed. -#}
{% macro features_error(argument, found, allowed, macro='window_features') %}
    {%- set place = '`' ~ model.name ~ '`' if model else 'compiled query' -%}
    {%- do exceptions.raise_compiler_error(
        place ~ ': ' ~ macro ~ '(' ~ argument ~ '): found ' ~ found ~ ', expected ' ~ allowed ~ '.'
    ) -%}
{% endmacro %}
