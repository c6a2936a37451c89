{#- The columns, quoted, each with the prefix before it. -#}
{% macro quoted(columns, prefix='') %}
    {%- set found = [] -%}
    {%- for column in columns -%}{%- do found.append(prefix ~ adapter.quote(column)) -%}{%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- The columns as those of one relation, unquoted: `relation.column`. -#}
{% macro qualified(relation, columns) %}
    {%- set found = [] -%}
    {%- for column in columns -%}{%- do found.append(relation ~ '.' ~ column) -%}{%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- The join condition that columns are equal on both sides, `1 = 1` without any. `columns` is a list or, where the
    sides name them differently, {left column: right column}. -#}
{% macro join_on(left, right, columns, quoted=true) %}
    {%- set conditions = [] -%}
    {%- for column in columns -%}
        {%- set other = columns[column] if columns is mapping else column -%}
        {%- set names = [adapter.quote(column), adapter.quote(other)] if quoted else [column, other] -%}
        {%- do conditions.append(left ~ '.' ~ names[0] ~ ' = ' ~ right ~ '.' ~ names[1]) -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ') or '1 = 1') }}
{% endmacro %}


{#- A text as a SQL literal. -#}
{% macro text_literal(text) %}
    {{- return("'" ~ text | replace("'", "''") ~ "'") -}}
{% endmacro %}
