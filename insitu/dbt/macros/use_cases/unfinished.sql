{#- Stands where a use case's author still has to write a query. The project parses and everything else builds; building
    this model says what is missing. -#}
{% macro unfinished(what) %}
    {%- if execute -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ model.name ~ "` is not written yet. Say " ~ what ~ ", in " ~ model.original_file_path ~ "."
        ) -%}
    {%- endif -%}
    select 1 as unfinished
{% endmacro %}
