{#- Drop the temporary tables that an incremental Python model leaves behind on DuckDB, also those of a run that was
    killed. For its post-hook. They lie in the connection's schema, whatever the model's is; a DuckDB file has one
    writer, so nobody else can be using them. -#}
{% macro drop_left_over_tables(relation) %}
    {%- if execute -%}{%- do adapter.dispatch('drop_left_over_tables', 'insitu')(relation) -%}{%- endif -%}
{% endmacro %}


{% macro default__drop_left_over_tables(relation) %}{% endmacro %}


{% macro duckdb__drop_left_over_tables(relation) %}
    {%- set found = run_query(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ~ " and starts_with(table_name, " ~ dbt.string_literal(relation.identifier ~ '__dbt_tmp') ~ ")"
    ) -%}
    {%- for row in found.rows -%}
        {%- do run_query("drop table " ~ insitu.identifier(row[0]) ~ "." ~ insitu.identifier(row[1])) -%}
    {%- endfor -%}
{% endmacro %}
