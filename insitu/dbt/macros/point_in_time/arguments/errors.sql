{#- Fails with the model, the call and argument, and what is wrong with it. -#}
{% macro refuse_argument(argument, problem, macro) %}
    {%- set place = '`' ~ model.name ~ '`' if model else 'compiled query' -%}
    {%- do exceptions.raise_compiler_error(place ~ ': ' ~ macro ~ '(' ~ argument ~ '): ' ~ problem ~ '.') -%}
{% endmacro %}


{#- Fails with what was found in an argument, and what is allowed: the shape of most errors of the feature macros. -#}
{% macro features_error(argument, found, allowed, macro='window_features') %}
    {%- do insitu.refuse_argument(argument, 'found ' ~ found ~ ', expected ' ~ allowed, macro) -%}
{% endmacro %}
