{#- The use cases of the project, from the variable `use_cases`. -#}
{% macro use_cases() %}
    {%- set names = var('use_cases', []) -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(
            "The variable `use_cases` names no use case. List at least one under `vars` in dbt_project.yml."
        ) -%}
    {%- endif -%}
    {{- return(names) -}}
{% endmacro %}
