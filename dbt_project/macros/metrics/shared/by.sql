{# The group columns `by` in their three places. All three render to nothing when there is no group column. #}

{% macro by_columns(by, prefix='') -%}
{% for column in by %}{{ prefix }}{{ adapter.quote(column) }}, {% endfor %}
{%- endmacro %}

{% macro group_by(by, also=[]) -%}
{% set columns = [] %}
{%- for column in by %}{% do columns.append(adapter.quote(column)) %}{% endfor %}
{%- set columns = columns + also %}
{%- if columns %}group by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}

{% macro partition_by(by, also=[]) -%}
{% set columns = [] %}
{%- for column in by %}{% do columns.append(adapter.quote(column)) %}{% endfor %}
{%- set columns = columns + also %}
{%- if columns %}partition by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}

{% macro join_on(left, right, columns) -%}
{% for column in columns %}{{ left }}.{{ adapter.quote(column) }} = {{ right }}.{{ adapter.quote(column) }}{{ ' and ' if not loop.last }}{% else %}1 = 1{% endfor %}
{%- endmacro %}
