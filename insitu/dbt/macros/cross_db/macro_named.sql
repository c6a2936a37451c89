{#- A macro by its name: Insitu's own, or one of the project, such as a metric of one's own. -#}
{% macro macro_named(name) %}
    {%- if name in context['insitu'] -%}{{- return(context['insitu'][name]) -}}{%- endif -%}
    {%- if name not in context -%}
        {%- do exceptions.raise_compiler_error(
            "There is no macro `" ~ name ~ "`. Write it in the project's own macros, or correct the name in `meta.ml`."
        ) -%}
    {%- endif -%}
    {{- return(context[name]) -}}
{% endmacro %}
