{#- The group columns at the head of a select list, quoted, each with its comma; nothing when there is none. -#}
{% macro by_columns(by, prefix='') -%}
{% for column in insitu.quoted(by, prefix) %}{{ column }}, {% endfor %}
{%- endmacro %}

{#- `group by` the group columns and further ones; nothing when there is none. -#}
{% macro group_by(by, also=[], prefix='') -%}
{%- set columns = insitu.quoted(by, prefix) + also -%}
{%- if columns %}group by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}

{#- `partition by` the group columns and further ones; nothing when there is none. -#}
{% macro partition_by(by, also=[], prefix='') -%}
{%- set columns = insitu.quoted(by, prefix) + also -%}
{%- if columns %}partition by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}
