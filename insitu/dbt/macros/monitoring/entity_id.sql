{#- The entity of a use case as one text: its key columns joined by `|`. A `|` or `\` in one of several is written with
    a `\` before it, or two entities could have one text. -#}
{% macro entity_id(config, prefix='') -%}
{% for column in config.entity -%}
{%- set value = 'cast(' ~ prefix ~ insitu.identifier(column) ~ ' as ' ~ dbt.type_string() ~ ')' -%}
{{ value if loop.length == 1 else "replace(replace(" ~ value ~ ", '\\', '\\\\'), '|', '\\|')" }}{{ " || '|' || " if not loop.last }}
{%- else -%}
''
{%- endfor %}
{%- endmacro %}
