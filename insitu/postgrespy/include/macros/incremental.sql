{#
  The key of an incremental model: a column's exact name is quoted, anything else is an SQL expression and stays as is.
#}

{% macro postgrespy__quoted_keys(unique_key, dest_columns) %}
  {% set names = dest_columns | map(attribute='name') | list %}
  {% set keys = [] %}
  {% for key in ([unique_key] if unique_key is string else unique_key or []) %}
    {% do keys.append(adapter.quote(key) if key in names else key) %}
  {% endfor %}
  {{ return(keys) }}
{% endmacro %}


{% macro postgrespy__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {% set keys = postgrespy__quoted_keys(unique_key, dest_columns) or none %}
  {{ default__get_delete_insert_merge_sql(target, source, keys, dest_columns, incremental_predicates) }}
{%- endmacro %}


{% macro postgrespy__get_incremental_merge_sql(arg_dict) %}
  {#- MERGE itself refuses a key that comes twice only if the key is in the target already; else it inserts both. -#}
  {% set keys = postgrespy__quoted_keys(arg_dict['unique_key'], arg_dict['dest_columns']) %}
  {% if keys and model['language'] == 'python' %}
    {% do adapter.refuse_repeated_keys(model, arg_dict['temp_relation'], keys) %}
  {% endif %}
  {% set keys = keys[0] if keys | length == 1 else keys or none %}
  {{ return(get_merge_sql(
      arg_dict['target_relation'], arg_dict['temp_relation'], keys, arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}
