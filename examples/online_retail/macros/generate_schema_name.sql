{#- The shared build goes to the layers' own schemas (`staging`, `marts`), a developer's to copies beside them
    (`marts__anna`). -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.schema == 'shop' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ custom_schema_name | trim }}__{{ target.schema }}
    {%- endif -%}
{%- endmacro %}
