{#
  dbt's own table and incremental materializations, for SQL and for Python. What differs for a Python model is one
  step, "create the table": see create_table_as.sql.
#}

{% macro postgrespy__finish(result) %}
  {#- A new table has no statistics until autovacuum comes by, and joins over such tables are planned blindly. -#}
  {% for relation in result.relations %}
    {% do run_query("analyze " ~ relation) %}
  {% endfor %}
  {#- The node's result and its file under target/run are the Python model's, not the last statement's. -#}
  {% if model['language'] == 'python' %}
    {% for relation in result.relations %}{% do adapter.keep_unique(model, relation) %}{% endfor %}
    {% do store_result('main', response=adapter.python_model_response(model['unique_id'])) %}
    {% do write(model['compiled_code']) %}
  {% endif %}
{% endmacro %}


{% materialization table, adapter='postgrespy', supported_languages=['sql', 'python'] %}
  {% set result = dbt.materialization_table_default() %}
  {% do postgrespy__finish(result) %}
  {{ return(result) }}
{% endmaterialization %}


{% materialization incremental, adapter='postgrespy', supported_languages=['sql', 'python'] %}
  {% set result = dbt.materialization_incremental_default() %}
  {% do postgrespy__finish(result) %}
  {{ return(result) }}
{% endmaterialization %}
