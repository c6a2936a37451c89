{#- A source's file into its table on PostgreSQL; the table's comment has the file's hash, so that an unchanged file is
    not loaded again. -#}
{% macro postgrespy__load_source(source) %}
    {%- set relation = api.Relation.create(database=source.database, schema=source.schema, identifier=source.identifier) -%}
    {%- set file = adapter.source_file(source.config.meta.file.get('package', ''), source.config.meta.file.path) -%}
    {%- set loaded = run_query(
        "select obj_description(to_regclass(" ~ dbt.string_literal(relation.include(database=false) | string) ~ "), 'pg_class')"
    ).columns[0][0] -%}

    {%- if file.hash not in (loaded or '') -%}
        {%- do run_query("create schema if not exists " ~ adapter.quote(source.schema)) -%}
        {%- do adapter.load_source_file(relation, file.path, source.columns) -%}
        {%- do run_query("comment on table " ~ relation ~ " is 'Loaded from " ~ source.config.meta.file.path ~ ", SHA-256 " ~ file.hash ~ "'") -%}
        {%- do log("Loaded " ~ source.source_name ~ "." ~ source.name ~ " from " ~ source.config.meta.file.path, info=true) -%}
    {%- endif -%}
{% endmacro %}
