{#- A name as SQL takes it, whatever letters it holds: dbt's own `adapter.quote` lets a quote inside end the name. Stops at
    line breaks and the like, which the layout of the SQL would change. -#}
{% macro identifier(name) %}
    {%- if modules.re.search('[\\x00-\\x1f\\x7f]', name | string) -%}
        {%- do exceptions.raise_compiler_error(
            (('`' ~ model.name ~ '`: ') if model else '') ~ "the column " ~ tojson(name) ~ " has a line break or another"
            ~ " control character in its name. Rename it in a model before."
        ) -%}
    {%- endif -%}
    {{- return('"' ~ name | replace('"', '""') ~ '"') -}}
{% endmacro %}


{#- The columns, quoted, each with the prefix before it. -#}
{% macro quoted(columns, prefix='') %}
    {%- set found = [] -%}
    {%- for column in columns -%}{%- do found.append(prefix ~ insitu.identifier(column)) -%}{%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- The join condition that columns are equal on both sides, `1 = 1` without any. `columns` is a list or, where the
    sides name them differently, {left column: right column}. -#}
{% macro join_on(left, right, columns) %}
    {%- set conditions = [] -%}
    {%- for column in columns -%}
        {%- set other = columns[column] if columns is mapping else column -%}
        {%- do conditions.append(
            left ~ '.' ~ insitu.identifier(column) ~ ' = ' ~ right ~ '.' ~ insitu.identifier(other)
        ) -%}
    {%- endfor -%}
    {{ return(conditions | join(' and ') or '1 = 1') }}
{% endmacro %}


{#- A relation to be followed by an alias: dbt's `--empty` and `--sample` put a query in its place that may bring one. -#}
{% macro rows_of(relation) %}
    {{- return(relation if relation is string else relation.replace(require_alias=false)) -}}
{% endmacro %}


{#- A relation in a `from` clause under its own name, also where dbt puts a query in its place. -#}
{% macro from_relation(relation) %}
    {%- if relation is not string and (relation.limit is not none or relation.event_time_filter) -%}
        {{- return(insitu.rows_of(relation) ~ ' as ' ~ insitu.identifier(relation.identifier)) -}}
    {%- endif -%}
    {{- return(relation | string) -}}
{% endmacro %}


{#- A text as a SQL literal. -#}
{% macro text_literal(text) %}
    {{- return("'" ~ text | replace("'", "''") ~ "'") -}}
{% endmacro %}
