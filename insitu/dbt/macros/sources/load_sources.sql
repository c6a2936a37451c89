{#- Loads the sources that are files (`config.meta.file`) into their tables before every run: all files that changed or,
    when one is refused, none. The variable `insitu_load_sources: false` leaves the tables to whoever fills them. -#}
{% macro load_sources() %}
    {%- if execute and var('insitu_load_sources', true) -%}
        {%- set changed = [] -%}
        {%- for source in insitu.selected_sources() if source.config.meta.file is defined -%}
            {%- do insitu.check_file_declaration(source) -%}
            {%- set relation = insitu.source_relation(source) -%}
            {%- set loaded = adapter.dispatch('table_comment', 'insitu')(relation) or '' -%}
            {%- set comment = insitu.file_comment(source, insitu.ask_files('file_hash', source)) -%}
            {%- if loaded != comment -%}
                {#- A table of the same columns is filled anew, so that views on it stay. -#}
                {%- set keep = loaded.endswith(comment.split(', ')[-1]) -%}
                {%- do changed.append((source, relation, insitu.ask_files('typed_file', source), comment, keep)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if changed -%}{%- do insitu.replace_tables(changed) -%}{%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Replaces the tables of changed sources by their files, in one transaction. -#}
{% macro replace_tables(changed) %}
    {%- do run_query("begin") -%}
    {%- for source, relation, path, comment, keep in changed -%}
        {%- do run_query("create schema if not exists " ~ insitu.identifier(source.schema)) -%}
        {%- do adapter.dispatch('load_typed_file', 'insitu')(relation, path, source.columns, keep) -%}
        {%- do run_query("comment on table " ~ relation ~ " is " ~ insitu.text_literal(comment)) -%}
    {%- endfor -%}
    {%- do run_query("commit") -%}
    {%- for source, relation, path, comment, keep in changed -%}
        {%- do run_query("analyze " ~ relation) -%}
        {%- do log("Loaded " ~ source.source_name ~ "." ~ source.name ~ " from " ~ source.config.meta.file.path, info=true) -%}
    {%- endfor -%}
{% endmacro %}


{#- Fails when a source that is a file declares no columns, or a column without a type: they say what is read. -#}
{% macro check_file_declaration(source) %}
    {%- set name = "Source `" ~ source.source_name ~ "." ~ source.name ~ "`" -%}
    {%- set untyped = source.columns.values() | rejectattr('data_type') | map(attribute='name') | list -%}
    {%- set missing = "no type for column `" ~ untyped | join("`, `") ~ "`" if untyped else "no columns" -%}
    {%- if not source.columns or untyped -%}
        {%- do exceptions.raise_compiler_error(
            name ~ " is a file and declares " ~ missing
            ~ ". Give every column that is to be read a `data_type` in " ~ source.original_file_path ~ "."
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- The comment of a table that was loaded from files: their hash, one of how they are read, and one of the columns
    declared, so that a changed file and a changed declaration are both loaded again. -#}
{% macro file_comment(source, hash) %}
    {%- set declared = [] -%}
    {%- set formats = [] -%}
    {%- for column in insitu.file_request(source).columns -%}
        {%- do declared.append(column.name ~ ' ' ~ column.data_type) -%}
        {%- do formats.append(column.format) -%}
    {%- endfor -%}
    {{- return(
        "Loaded from " ~ source.config.meta.file.path ~ ", SHA-256 " ~ hash
        ~ ", read " ~ local_md5(tojson([source.config.meta.file, formats], sort_keys=true))[:8]
        ~ ", columns " ~ local_md5(declared | join(', '))[:8]
    ) -}}
{% endmacro %}


{#- What the reader of files is told of a source. -#}
{% macro file_request(source) %}
    {%- set columns = [] -%}
    {%- for column in source.columns.values() -%}
        {%- set format = (column.get('config') or {}).get('meta', {}).get('format') or (column.meta or {}).get('format') -%}
        {%- do columns.append({'name': column.name, 'data_type': column.data_type, 'format': format}) -%}
    {%- endfor -%}
    {{- return({
        'source': source.source_name ~ "." ~ source.name,
        'declared_in': source.original_file_path,
        'file': source.config.meta.file,
        'columns': columns,
    }) -}}
{% endmacro %}


{#- Asks the reader of files about a source: `file_hash`, or `typed_file`, the path of a Parquet file with its rows. Fails
    with the reader's words where it refuses. -#}
{% macro ask_files(question, source) %}
    {%- set answer = adapter.dispatch('ask_files', 'insitu')(question, insitu.file_request(source)) -%}
    {%- if answer.error -%}{%- do exceptions.raise_compiler_error(answer.error) -%}{%- endif -%}
    {{- return(answer.value) -}}
{% endmacro %}


{#- Fails: it can not load files. -#}
{% macro default__ask_files(question, request) %}
    {%- do exceptions.raise_compiler_error(
        "Source `" ~ request.source ~ "` is a file (`config.meta.file`), and adapter `"
        ~ target.type ~ "` cannot load files. Load the table by other means and remove `config.meta.file`."
    ) -%}
{% endmacro %}


{#- By a function that the plugin of the profile adds to SQL. -#}
{% macro duckdb__ask_files(question, request) %}
    {%- set asked = insitu.text_literal(question) ~ ", " ~ insitu.text_literal(tojson(request)) -%}
    {{- return(fromjson(run_query("select insitu_source_file(" ~ asked ~ ")").rows[0][0])) -}}
{% endmacro %}


{#- By the adapter. -#}
{% macro postgrespy__ask_files(question, request) %}
    {{- return(adapter.source_file(question, request)) -}}
{% endmacro %}


{#- The comment of a table, or nothing. -#}
{% macro default__table_comment(relation) %}{{- return(none) -}}{% endmacro %}


{#- From the catalog. -#}
{% macro duckdb__table_comment(relation) %}
    {{- return(run_query(
        "select max(comment) from duckdb_tables() where database_name = current_database() and schema_name = "
        ~ insitu.text_literal(relation.schema) ~ " and table_name = " ~ insitu.text_literal(relation.identifier)
    ).rows[0][0]) -}}
{% endmacro %}


{#- From the catalog. -#}
{% macro postgrespy__table_comment(relation) %}
    {%- set name = insitu.text_literal(relation.include(database=false) | string) -%}
    {{- return(run_query("select obj_description(to_regclass(" ~ name ~ "), 'pg_class')").rows[0][0]) -}}
{% endmacro %}


{#- Never reached: the files were asked for before. -#}
{% macro default__load_typed_file(relation, path, columns, keep) %}{% endmacro %}


{#- Replaces a table by a Parquet file whose values fit the declared columns. -#}
{% macro duckdb__load_typed_file(relation, path, columns, keep) %}
    {%- set items = [] -%}
    {%- for column in columns.values() -%}
        {%- set name = insitu.identifier(column.name) -%}
        {%- do items.append("cast(" ~ name ~ " as " ~ column.data_type ~ ") as " ~ name) -%}
    {%- endfor -%}
    {%- do run_query(
        "create or replace table " ~ relation ~ " as select " ~ items | join(", ")
        ~ " from read_parquet(" ~ insitu.text_literal(path) ~ ")"
    ) -%}
{% endmacro %}


{#- By COPY. -#}
{% macro postgrespy__load_typed_file(relation, path, columns, keep) %}
    {%- do adapter.load_typed_file(relation, path, columns, keep) -%}
{% endmacro %}


{#- The table of a source, whether it is there or not. -#}
{% macro source_relation(source) %}
    {{- return(api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier)) -}}
{% endmacro %}
