{#- Holds every source with typed columns against its table: the contract with those who deliver the data. A missing,
    retyped or empty source stops the build before anything is built on it. -#}
{% macro check_sources() %}
    {%- do insitu.check_declarations() -%}
    {%- if execute -%}
        {%- for source in insitu.selected_sources() -%}
            {%- set declared = source.columns.values() | selectattr('data_type') | list -%}
            {%- if declared -%}{%- do insitu.check_source(source, declared) -%}{%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when a source's table is missing, lacks a column, has another type or no row. -#}
{% macro check_source(source, declared) %}
    {%- set name = source.source_name ~ "." ~ source.name -%}
    {%- set relation = adapter.get_relation(source.database, source.schema, source.identifier) -%}
    {%- if relation is none -%}
        {%- do exceptions.raise_compiler_error(
            "Source `" ~ name ~ "`: there is no table `" ~ source.schema ~ "." ~ source.identifier
            ~ "`. Load it, or correct the source's schema in " ~ source.original_file_path ~ "."
        ) -%}
    {%- endif -%}

    {%- set found = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- do found.update({column.name: column.data_type}) -%}
    {%- endfor -%}
    {%- do insitu.check_source_columns(source, found.keys() | list) -%}

    {%- for column in declared -%}
        {%- set type = insitu.canonical_type(found[column.name]) -%}
        {%- if type != insitu.canonical_type(column.data_type) -%}
            {%- do exceptions.raise_compiler_error(
                "Source `" ~ name ~ "`: column `" ~ column.name ~ "` is " ~ type ~ " but its contract says "
                ~ column.data_type ~ ". Have the source delivered as agreed, or change the contract in "
                ~ source.original_file_path ~ "."
            ) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if run_query("select 1 from " ~ relation ~ " limit 1") | length == 0 -%}
        {%- do exceptions.raise_compiler_error(
            "Source `" ~ name ~ "`: table `" ~ source.schema ~ "." ~ source.identifier
            ~ "` is empty; at least one row was expected. Load it, then run again."
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when declared columns are missing. -#}
{% macro check_source_columns(source, found) %}
    {%- set missing = source.columns.keys() | reject('in', found) | list -%}
    {%- if missing -%}
        {%- do exceptions.raise_compiler_error(
            "Source `" ~ source.source_name ~ "." ~ source.name ~ "` has no column `" ~ missing | join('`, `')
            ~ "` (it has: " ~ found | join(', ') ~ "). Have the source delivered as agreed, or change the contract in "
            ~ source.original_file_path ~ "."
        ) -%}
    {%- endif -%}
{% endmacro %}
