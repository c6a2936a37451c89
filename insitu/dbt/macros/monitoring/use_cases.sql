{#- The use cases of the project, from the variable `insitu_use_cases`. -#}
{% macro use_cases() %}
    {%- set names = var('insitu_use_cases', []) -%}
    {%- if not names -%}
        {%- do exceptions.raise_compiler_error(
            "The variable `insitu_use_cases` names no use case. List at least one under `vars` in dbt_project.yml."
        ) -%}
    {%- endif -%}
    {{- return(names) -}}
{% endmacro %}
