{#- The entity of a use case as one text: its key columns joined by `|`. -#}
{% macro entity_id(config, prefix='') -%}
{% for column in config.entity -%}
cast({{ prefix }}{{ adapter.quote(column) }} as {{ dbt.type_string() }}){{ " || '|' || " if not loop.last }}
{%- else -%}
''
{%- endfor %}
{%- endmacro %}
