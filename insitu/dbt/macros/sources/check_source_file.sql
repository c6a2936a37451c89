{#- Fails when a file lacks a column, holds a value that is not of its column's type, or has no row. -#}
{% macro check_source_file(source, file) %}
    {%- set name = "Source `" ~ source.source_name ~ "." ~ source.name ~ "`" -%}
    {%- set path = source.config.meta.file.path -%}
    {%- set found = run_query("describe select * from " ~ file.rows).columns[0].values() | list -%}
    {%- do insitu.check_source_columns(source, found) -%}

    {%- set query -%}
        select count(*)
        {%- for column in source.columns.values() %},
            count(*) filter (where {{ insitu.misfit(column) }}),
            any_value({{ adapter.quote(column.name) }}) filter (where {{ insitu.misfit(column) }})
        {%- endfor %}
        from {{ file.rows }}
    {%- endset -%}
    {%- set counts = run_query(query).rows[0] -%}
    {%- if counts[0] == 0 -%}
        {%- do exceptions.raise_compiler_error(
            name ~ ": the file `" ~ path
            ~ "` has no rows; at least one was expected. Put the data there, then run again."
        ) -%}
    {%- endif -%}
    {%- for column in source.columns.values() -%}
        {%- set misfits, example = counts[2 * loop.index0 + 1], counts[2 * loop.index0 + 2] -%}
        {%- if misfits -%}
            {%- do exceptions.raise_compiler_error(
                name ~ ": column `" ~ column.name ~ "` of the file `" ~ path ~ "` holds " ~ misfits
                ~ " values that are no " ~ column.data_type ~ " (for example `" ~ example
                ~ "`). Have the source delivered as agreed, or change the contract in "
                ~ source.original_file_path ~ "."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- Condition for values of a file that are not of their column's type. -#}
{% macro misfit(column) -%}
    {%- set name = adapter.quote(column.name) -%}
    {{ name }} is not null and try_cast({{ name }} as {{ column.data_type }}) is null
{%- endmacro %}
