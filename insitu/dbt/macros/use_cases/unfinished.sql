{#- Stands where a use case's author still has to write a query. The project parses and compiles and everything else builds;
    building this model says what is missing. -#}
{% macro unfinished(what) %}
    {%- if execute and flags.WHICH in ['run', 'build', 'show'] -%}
        {%- set use_case = model.name.split('__')[0] -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ model.name ~ "` is not written yet. Say " ~ what ~ ", in " ~ model.original_file_path ~ "."
            ~ (" Until then `insitu build`, or `dbt build --select package:insitu` after dbt's own, builds the tables over all"
                ~ " use cases (ml_*, mon_*, alerts) without `" ~ use_case ~ "`." if use_case in insitu.use_cases() else "")
        ) -%}
    {%- endif -%}
    select 1 as unfinished
{% endmacro %}
