{#- Load the sources that are files (`config.meta.file`) into their tables. Unchanged files are not loaded again; the
    variable `load_sources: false` leaves the tables to whoever fills them. -#}
{% macro load_sources() %}
    {%- if execute and var('load_sources', true) -%}
        {%- for source in graph.sources.values() if source.config.meta.file is defined -%}
            {%- do adapter.dispatch('load_source', 'insitu')(source) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{% macro default__load_source(source) %}
    {%- do exceptions.raise_compiler_error(
        "Source `" ~ source.source_name ~ "." ~ source.name ~ "` is a file (`config.meta.file`), and adapter `"
        ~ target.type ~ "` cannot load files. Load the table by other means and remove `config.meta.file`."
    ) -%}
{% endmacro %}


{% macro duckdb__load_source(source) %}
    {%- set relation = api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier) -%}
    {%- set location = "'" ~ source.config.meta.file.get('package', '') ~ "', '" ~ source.config.meta.file.path ~ "'" -%}
    {%- set hash = run_query("select source_file_hash(" ~ location ~ ")").columns[0][0] -%}
    {%- set loaded = run_query(
        "select comment from duckdb_tables() where database_name = current_database() and schema_name = '"
        ~ source.schema ~ "' and table_name = '" ~ source.identifier ~ "'"
    ) -%}

    {%- if not (loaded | length and hash in (loaded.columns[0][0] or '')) -%}
        {%- set path = run_query("select source_file_path(" ~ location ~ ")").columns[0][0] -%}
        {%- set file = "read_parquet('" ~ path ~ "')" if path.endswith('.parquet')
            else "read_csv('" ~ path ~ "', header = true, all_varchar = true, nullstr = ['NA', ''])" -%}
        {%- set found = run_query("describe select * from " ~ file).columns[0].values() | list -%}
        {%- do check_source_columns(source, found) -%}

        {%- do run_query("create schema if not exists " ~ adapter.quote(source.schema)) -%}
        {%- set statement -%}
            create or replace table {{ relation }} as
            select
            {%- for column in source.columns.values() %}
                cast({{ adapter.quote(column.name) }} as {{ column.data_type }}) as {{ adapter.quote(column.name) }}
                {{- "," if not loop.last }}
            {%- endfor %}
            from {{ file }}
        {%- endset -%}
        {%- do run_query(statement) -%}
        {%- do run_query("comment on table " ~ relation ~ " is 'Loaded from " ~ source.config.meta.file.path ~ ", SHA-256 " ~ hash ~ "'") -%}
        {%- do log("Loaded " ~ source.source_name ~ "." ~ source.name ~ " from " ~ source.config.meta.file.path, info=true) -%}
    {%- endif -%}
{% endmacro %}


{% macro postgrespy__load_source(source) %}
    {%- set relation = api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier) -%}
    {%- set package = source.config.meta.file.get('package', '') -%}
    {%- set path = source.config.meta.file.path -%}
    {%- set hash = adapter.source_file_hash(package, path) -%}
    {%- set loaded = run_query("select obj_description(to_regclass($name$" ~ relation.include(database=false) ~ "$name$))").columns[0][0] -%}

    {%- if hash not in (loaded or '') -%}
        {%- set types = {} -%}
        {%- for column in source.columns.values() -%}
            {%- do types.update({column.name: column.data_type}) -%}
        {%- endfor -%}
        {#- One transaction: readers see the table before or the table after. -#}
        {%- do run_query("begin") -%}
        {%- do run_query("create schema if not exists " ~ adapter.quote(source.schema)) -%}
        {%- do adapter.load_source_file(relation, package, path, types) -%}
        {%- do run_query("comment on table " ~ relation ~ " is 'Loaded from " ~ path ~ ", SHA-256 " ~ hash ~ "'") -%}
        {%- do run_query("commit") -%}
        {%- do log("Loaded " ~ source.source_name ~ "." ~ source.name ~ " from " ~ path, info=true) -%}
    {%- endif -%}
{% endmacro %}
