{#- Drop the temporary tables that incremental Python models leave behind on DuckDB, also those of a run that was
    killed. Runs after every dbt command; a DuckDB file has one writer, so nobody else can be using them. -#}
{% macro drop_left_over_tables() %}
    {%- if execute -%}{%- do adapter.dispatch('drop_left_over_tables', 'insitu')() -%}{%- endif -%}
{% endmacro %}


{% macro default__drop_left_over_tables() %}{% endmacro %}


{% macro duckdb__drop_left_over_tables() %}
    {%- set found = run_query(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ~ " and regexp_matches(table_name, '__dbt_tmp[0-9_]*$')"
    ) -%}
    {%- for row in found.rows -%}
        {%- do run_query("drop table " ~ adapter.quote(row[0]) ~ "." ~ adapter.quote(row[1])) -%}
    {%- endfor -%}
{% endmacro %}
