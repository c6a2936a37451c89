{#- Copies CSV or Parquet into tables by COPY, in one transaction. A table's comment has its file's hash, so that an
    unchanged file is not loaded again. -#}
{% macro postgrespy__load_files(sources) %}
    {%- set changed = [] -%}
    {%- for source in sources -%}
        {%- set settings = source.config.meta.file -%}
        {%- set relation = insitu.source_relation(source) -%}
        {%- set file = adapter.source_file(settings.get('package', ''), settings.path) -%}
        {%- set comment = insitu.file_comment(source, file.hash) -%}
        {%- set name = postgrespy__literal(relation.include(database=false) | string) | trim -%}
        {%- set present = run_query("select obj_description(to_regclass(" ~ name ~ "), 'pg_class')") -%}
        {%- set loaded = present.columns[0][0] or '' -%}
        {%- if loaded != comment -%}
            {%- do insitu.check_source_columns(source, file.columns) -%}
            {#- A table of the same columns is filled anew, so that views on it stay. -#}
            {%- set keep = loaded.endswith(comment.split(', ')[-1]) -%}
            {%- do changed.append((source, relation, file.path, comment, keep)) -%}
        {%- endif -%}
    {%- endfor -%}

    {%- do run_query("begin") -%}
    {%- for source, relation, path, comment, keep in changed -%}
        {%- do run_query("create schema if not exists " ~ adapter.quote(source.schema)) -%}
        {%- do adapter.load_source_file(relation, path, source.columns, keep) -%}
        {%- do run_query("comment on table " ~ relation ~ " is " ~ postgrespy__literal(comment) | trim) -%}
    {%- endfor -%}
    {%- do run_query("commit") -%}
    {%- for source, relation, path, comment, keep in changed -%}
        {%- do run_query("analyze " ~ relation) -%}
        {%- do insitu.say_loaded([source]) -%}
    {%- endfor -%}
{% endmacro %}
