{#
  dbt's own table and incremental materializations, for SQL and for Python. What differs for a Python model is one
  step, "create the table": see create_table_as.sql.
#}

{% materialization table, adapter='postgrespy', supported_languages=['sql', 'python'] %}
  {% set result = dbt.materialization_table_default() %}
  {% do postgrespy__report_python_model() %}
  {{ return(result) }}
{% endmaterialization %}


{% materialization incremental, adapter='postgrespy', supported_languages=['sql', 'python'] %}
  {% set result = dbt.materialization_incremental_default() %}
  {% do postgrespy__report_python_model() %}
  {{ return(result) }}
{% endmaterialization %}


{% macro postgrespy__report_python_model() %}
  {# The node's result and its file under target/run are the model's, not the last statement's. #}
  {% if model['language'] == 'python' %}
    {% do store_result('main', response=adapter.python_model_response(model['unique_id'])) %}
    {% do write(model['compiled_code']) %}
  {% endif %}
{% endmacro %}
