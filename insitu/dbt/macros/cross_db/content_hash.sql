{#- An aggregate over rows: a hash of their contents that does not depend on their order, nor on the warehouse. Each
    row's MD5, cut in two, is summed; the sums, the number of rows and the names of the columns are hashed again.
    `columns` are dbt's column objects or, for columns of text, names. -#}
{% macro content_hash(columns) -%}
    {%- set names, values = [], [] -%}
    {%- for column in columns -%}
        {%- set name = column if column is string else column.name -%}
        {%- do names.append(name) -%}
        {%- do values.append([insitu.identifier(name), 'text' if column is string else column.data_type]) -%}
    {%- endfor -%}
    {%- set row_hash = "md5(" ~ insitu.row_text(values) ~ ")" -%}
    substr(md5(
        {{ insitu.text_literal(insitu.quoted(names) | join(',') ~ ':') }} || cast(count(*) as varchar)
        || ':' || cast(coalesce({{ insitu.hash_sum(row_hash, 1) }}, 0) as varchar)
        || ':' || cast(coalesce({{ insitu.hash_sum(row_hash, 17) }}, 0) as varchar)
    ), 1, 16)
{%- endmacro %}


{#- Values, each [SQL, type], as one text that no other values have: a line of CSV, where nothing at all is NULL. In
    parts, as PostgreSQL's functions take a hundred arguments. -#}
{% macro row_text(values) -%}
    {%- set parts = [] -%}
    {%- for part in values | batch(90) -%}
        {%- set texts = [] -%}
        {%- for value, type in part -%}
            {%- do texts.append("coalesce(" ~ insitu.value_text(value, type | lower) ~ ", '')") -%}
        {%- endfor -%}
        {%- do parts.append("concat_ws('|', " ~ texts | join(', ') ~ ')') -%}
    {%- endfor -%}
    {{- parts | first if parts | length == 1 else "concat_ws('|', '', " ~ parts | join(', ') ~ ')' -}}
{%- endmacro %}


{#- A value as text, the same on every warehouse: in quotes, doubled inside of it; bare, which is half the work, if its
    type writes none, nor a `|`. -#}
{% macro value_text(value, type) -%}
    {%- if insitu.type_family(type) in ['number', 'time', 'boolean'] -%}
        {{- adapter.dispatch('plain_text', 'insitu')(value, type) -}}
    {%- else -%}
        '"' || replace(cast({{ value }} as varchar), '"', '""') || '"'
    {%- endif -%}
{%- endmacro %}


{#- A number, a time or a truth value as text. -#}
{% macro default__plain_text(value, type) -%}cast({{ value }} as varchar){%- endmacro %}

{#- Fractions as DuckDB writes them: 1.0, nan and inf for 1, NaN and Infinity. A `real` goes by its own digits, or 0.1
    would become 0.10000000149011612; a `numeric` of any scale without zeros at its end. -#}
{% macro postgres__plain_text(value, type) -%}
    {%- if type == 'numeric' -%}
        cast(trim_scale({{ value }}) as varchar)
    {%- elif type in ['double precision', 'real'] -%}
        {%- set real = value if type == 'double precision' else "cast(cast(" ~ value ~ " as varchar) as double precision)" -%}
        case
            when {{ real }} = trunc({{ real }}) and abs({{ real }}) < 1e15 then {{ real }} || '.0'
            else replace(lower(cast({{ real }} as varchar)), 'infinity', 'inf')
        end
    {%- else -%}
        {{- insitu.default__plain_text(value, type) -}}
    {%- endif -%}
{%- endmacro %}


{#- The sum of 60 bits of a hexadecimal hash, from the given digit on. -#}
{% macro hash_sum(hash, digit) -%}{{ adapter.dispatch('hash_sum', 'insitu')(hash, digit) }}{%- endmacro %}

{% macro default__hash_sum(hash, digit) -%}
    sum(('x' || substr({{ hash }}, {{ digit }}, 15))::bit(60)::bigint)
{%- endmacro %}

{% macro duckdb__hash_sum(hash, digit) -%}
    sum(cast('0x' || substr({{ hash }}, {{ digit }}, 15) as bigint))
{%- endmacro %}
