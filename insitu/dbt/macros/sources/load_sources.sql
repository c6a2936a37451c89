{#- Loads the sources that are files (`config.meta.file`) into their tables before every run: all files that changed or,
    when one is refused, none. The variable `insitu_load_sources: false` leaves the tables to whoever fills them. -#}
{% macro load_sources() %}
    {%- if execute and var('insitu_load_sources', true) -%}
        {%- set files = insitu.selected_sources() | selectattr('config.meta.file', 'defined') | list -%}
        {%- for source in files -%}{%- do insitu.check_file_declaration(source) -%}{%- endfor -%}
        {%- if files -%}{%- do adapter.dispatch('load_files', 'insitu')(files) -%}{%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when a source that is a file declares no columns, or a column without a type: they say what is read. -#}
{% macro check_file_declaration(source) %}
    {%- set name = "Source `" ~ source.source_name ~ "." ~ source.name ~ "`" -%}
    {%- set untyped = source.columns.values() | rejectattr('data_type') | map(attribute='name') | list -%}
    {%- set missing = "no type for column `" ~ untyped | join("`, `") ~ "`" if untyped else "no columns" -%}
    {%- if not source.columns or untyped -%}
        {%- do exceptions.raise_compiler_error(
            name ~ " is a file and declares " ~ missing ~ ". Give every column that is to be read a `data_type` in "
            ~ source.original_file_path ~ "."
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- The comment of a table that was loaded from a file: the hash of the file, and one of the columns declared, so that a
    changed file and a changed declaration are both loaded again. -#}
{% macro file_comment(source, hash) %}
    {%- set declared = [] -%}
    {%- for column in source.columns.values() -%}
        {%- do declared.append(column.name ~ ' ' ~ column.data_type) -%}
    {%- endfor -%}
    {{- return(
        "Loaded from " ~ source.config.meta.file.path ~ ", SHA-256 " ~ hash
        ~ ", columns " ~ local_md5(declared | join(', '))[:8]
    ) -}}
{% endmacro %}


{#- Fails: it can not load files. -#}
{% macro default__load_files(sources) %}
    {%- do exceptions.raise_compiler_error(
        "Source `" ~ sources[0].source_name ~ "." ~ sources[0].name ~ "` is a file (`config.meta.file`), and adapter `"
        ~ target.type ~ "` cannot load files. Load the table by other means and remove `config.meta.file`."
    ) -%}
{% endmacro %}


{#- Reads CSV or Parquet by SQL: checks all changed files, then replaces their tables in one transaction. -#}
{% macro duckdb__load_files(sources) %}
    {%- set changed = [] -%}
    {%- for source in sources -%}
        {%- set file = insitu.source_file(source) -%}
        {%- if not file.is_loaded -%}
            {%- do insitu.check_source_file(source, file) -%}
            {%- do changed.append((source, file)) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- if changed -%}
        {%- do run_query("begin") -%}
        {%- for source, file in changed -%}
            {%- do run_query("create schema if not exists " ~ adapter.quote(source.schema)) -%}
            {%- do run_query(insitu.create_from_file(source, file)) -%}
            {%- do run_query("comment on table " ~ file.relation ~ " is " ~ insitu.text_literal(file.comment)) -%}
        {%- endfor -%}
        {%- do run_query("commit") -%}
        {%- do insitu.say_loaded(changed | map('first')) -%}
    {%- endif -%}
{% endmacro %}


{#- The file behind a source: whether it is loaded already and, if not, its table, the comment the table gets (which
    tells the hashes) and SQL that reads the file as text. -#}
{% macro source_file(source) %}
    {%- set settings = source.config.meta.file -%}
    {%- set location = insitu.text_literal(settings.get('package', '')) ~ ", " ~ insitu.text_literal(settings.path) -%}
    {%- set hash = run_query("select source_file_hash(" ~ location ~ ")").rows[0][0] -%}
    {%- set comment = insitu.file_comment(source, hash) -%}
    {%- set comments = run_query(
        "select comment from duckdb_tables() where database_name = current_database() and schema_name = "
        ~ insitu.text_literal(source.schema) ~ " and table_name = " ~ insitu.text_literal(source.identifier)
    ).columns[0].values() -%}
    {%- if comment in comments -%}{{- return({'is_loaded': true}) -}}{%- endif -%}
    {%- set path = run_query("select source_file_path(" ~ location ~ ")").rows[0][0] -%}
    {%- set as_text = ", header = true, all_varchar = true, nullstr = ['NA', '']" -%}
    {{- return({
        'is_loaded': false,
        'relation': insitu.source_relation(source),
        'comment': comment,
        'rows': "read_parquet(" ~ insitu.text_literal(path) ~ ")" if path.endswith('.parquet')
            else "read_csv(" ~ insitu.text_literal(path) ~ as_text ~ ")",
    }) -}}
{% endmacro %}


{#- The statement that replaces a source's table by the rows of its file. -#}
{% macro create_from_file(source, file) %}
    create or replace table {{ file.relation }} as
    select
    {%- for column in source.columns.values() %}
        cast({{ adapter.quote(column.name) }} as {{ column.data_type }}) as {{ adapter.quote(column.name) }}
        {{- "," if not loop.last }}
    {%- endfor %}
    from {{ file.rows }}
{% endmacro %}


{#- The table of a source, whether it is there or not. -#}
{% macro source_relation(source) %}
    {{- return(api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier)) -}}
{% endmacro %}


{#- Says which sources were loaded, and from where. -#}
{% macro say_loaded(sources) %}
    {%- for source in sources -%}
        {%- set name = source.source_name ~ "." ~ source.name -%}
        {%- do log("Loaded " ~ name ~ " from " ~ source.config.meta.file.path, info=true) -%}
    {%- endfor -%}
{% endmacro %}
