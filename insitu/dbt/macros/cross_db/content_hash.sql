{#- An aggregate over rows: a hash of their contents that does not depend on their order, nor on the warehouse. Each
    row's MD5, cut in two, is summed; the sums, the number of rows and the names of the columns are hashed again.
    `columns` are names or, for columns that may hold fractions, dbt's column objects. -#}
{% macro content_hash(columns) -%}
    {%- set row_hash = "md5(" ~ insitu.row_text(columns) ~ ")" -%}
    {%- set names = [] -%}
    {%- for column in columns -%}{%- do names.append(column if column is string else column.name) -%}{%- endfor -%}
    substr(md5(
        '{{ names | join(',') }}:' || cast(count(*) as varchar)
        || ':' || cast({{ insitu.hash_sum(row_hash, 1) }} as varchar)
        || ':' || cast({{ insitu.hash_sum(row_hash, 17) }} as varchar)
    ), 1, 16)
{%- endmacro %}


{#- A row as one text, NULL told from the empty text; in parts, as PostgreSQL's functions take a hundred arguments. -#}
{% macro row_text(columns) -%}
    {%- set parts = [] -%}
    {%- for part in columns | batch(90) -%}
        {%- set texts = [] -%}
        {%- for column in part -%}
            {%- do texts.append("coalesce(" ~ insitu.value_text(column) ~ ", '∅')") -%}
        {%- endfor -%}
        {%- do parts.append("concat_ws('|', " ~ texts | join(', ') ~ ')') -%}
    {%- endfor -%}
    {{ parts[0] if parts | length == 1 else "concat_ws('|', " ~ parts | join(', ') ~ ')' }}
{%- endmacro %}


{#- A value as text, the same on every warehouse. -#}
{% macro value_text(column) -%}{{ adapter.dispatch('value_text', 'insitu')(column) }}{%- endmacro %}

{% macro default__value_text(column) -%}
    cast({{ adapter.quote(column if column is string else column.name) }} as varchar)
{%- endmacro %}

{#- Fractions as DuckDB writes them: 1.0, nan and inf for 1, NaN and Infinity. -#}
{% macro postgres__value_text(column) -%}
    {%- if column is string or column.data_type.split('(')[0] not in ['double precision', 'real', 'numeric'] -%}
        {{ insitu.default__value_text(column) }}
    {%- else -%}
        {%- set value = "cast(" ~ adapter.quote(column.name) ~ " as double precision)" -%}
        case
            when {{ value }} = trunc({{ value }}) and abs({{ value }}) < 1e15 then {{ value }} || '.0'
            else replace(lower(cast({{ value }} as varchar)), 'infinity', 'inf')
        end
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
