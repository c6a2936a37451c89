{#- Schemas are the layers (`staging`, `features`, …). A target with its own schema (a developer's, say) gets its own
    set, prefixed by that schema; the default schema of a warehouse means the shared set. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.schema in ['main', 'public'] -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
