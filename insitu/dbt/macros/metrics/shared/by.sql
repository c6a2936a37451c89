{#- The group columns at the head of a select list, quoted, each with its comma; nothing when there is none. -#}
{% macro by_columns(by, prefix='') -%}
{% for column in by %}{{ prefix }}{{ adapter.quote(column) }}, {% endfor %}
{%- endmacro %}

{#- `group by` the group columns and further ones; nothing when there is none. -#}
{% macro group_by(by, also=[], prefix='') -%}
{% set columns = [] %}
{%- for column in by %}{% do columns.append(prefix ~ adapter.quote(column)) %}{% endfor %}
{%- set columns = columns + also %}
{%- if columns %}group by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}

{#- `partition by` the group columns and further ones; nothing when there is none. -#}
{% macro partition_by(by, also=[]) -%}
{% set columns = [] %}
{%- for column in by %}{% do columns.append(adapter.quote(column)) %}{% endfor %}
{%- set columns = columns + also %}
{%- if columns %}partition by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}

{#- The join condition that columns are equal on both sides; true when there is none. -#}
{% macro join_on(left, right, columns) -%}
{% for column in columns %}{{ left }}.{{ adapter.quote(column) }} = {{ right }}.{{ adapter.quote(column) }}{{ ' and ' if not loop.last }}{% else %}1 = 1{% endfor %}
{%- endmacro %}
