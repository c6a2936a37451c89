{% macro postgrespy__create_table_as(temporary, relation, sql) -%}
  {%- if model is defined and model['language'] == 'python' -%}
    {#- The model runs here, inside the materialization's transaction; the statement left to execute says what it did. -#}
    {%- set written = adapter.run_python_model(model, relation, temporary) -%}
    select {{ written.rows_affected }} as rows_written
  {%- else -%}
    {{ postgres__create_table_as(temporary, relation, sql) }}
  {%- endif -%}
{%- endmacro %}
