{#
  dbt-postgres puts names into SQL as they are. Here names are quoted and literals escaped, so that a table or column may
  be called anything: `Order "Total"`, `it's`.
#}

{% macro postgrespy__get_columns_in_relation(relation) -%}
  {#- The full name of array and user-defined types too, so that a column can be added by `on_schema_change`. -#}
  {% call statement('get_columns_in_relation', fetch_result=True) %}
      select
          column_name,
          case when data_type in ('ARRAY', 'USER-DEFINED') then (
              select format_type(a.atttypid, a.atttypmod)
              from pg_catalog.pg_attribute as a
              where a.attrelid = format('%I.%I', table_schema, table_name)::regclass and a.attname = column_name
          ) else data_type end as data_type,
          character_maximum_length,
          numeric_precision,
          numeric_scale
      from information_schema.columns
      where table_name = {{ postgrespy__literal(relation.identifier) }}
        {% if relation.schema %}
        and table_schema = {{ postgrespy__literal(relation.schema) }}
        {% endif %}
      order by ordinal_position
  {% endcall %}
  {{ return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) }}
{% endmacro %}


{% macro postgrespy__alter_column_comment(relation, column_dict) %}
  {% set existing = adapter.get_columns_in_relation(relation) | map(attribute="name") | list %}
  {% for name in column_dict if name in existing %}
    comment on column {{ relation }}.{{ adapter.quote(name) }} is {{ postgres_escape_comment(column_dict[name]['description']) }};
  {% endfor %}
{% endmacro %}


{% macro postgrespy__get_show_grant_sql(relation) -%}
  select grantee, privilege_type
  from information_schema.role_table_grants
  where grantor = current_role
    and grantee != current_role
    and table_schema = {{ postgrespy__literal(relation.schema) }}
    and table_name = {{ postgrespy__literal(relation.identifier) }}
{%- endmacro %}


{% macro postgrespy__literal(text) -%}
  {#- A string literal; safe whatever standard_conforming_strings says. -#}
  E'{{ text | replace("\\", "\\\\") | replace("'", "''") }}'
{%- endmacro %}
