{#- An aggregate over rows: a hash of their contents that does not depend on their order. Each row's MD5, cut in two,
    is summed; the sums, the number of rows and the names of the columns are hashed again. -#}
{% macro content_hash(columns) -%}
    {%- set row_hash = "md5(" ~ row_text(columns) ~ ")" -%}
    substr(md5(
        '{{ columns | join(',') }}:' || cast(count(*) as varchar)
        || ':' || cast({{ hash_sum(row_hash, 1) }} as varchar)
        || ':' || cast({{ hash_sum(row_hash, 17) }} as varchar)
    ), 1, 16)
{%- endmacro %}


{#- A row as one text, NULL told from the empty text. -#}
{% macro row_text(columns) -%}
    concat_ws('|'{% for column in columns %}, coalesce(cast({{ adapter.quote(column) }} as varchar), '∅'){% endfor %})
{%- endmacro %}


{#- The sum of 60 bits of a hexadecimal hash, from the given digit on. -#}
{% macro hash_sum(hash, digit) -%}{{ adapter.dispatch('hash_sum', 'insitu')(hash, digit) }}{%- endmacro %}

{% macro default__hash_sum(hash, digit) -%}
    sum(('x' || substr({{ hash }}, {{ digit }}, 15))::bit(60)::bigint)
{%- endmacro %}

{% macro duckdb__hash_sum(hash, digit) -%}
    sum(cast('0x' || substr({{ hash }}, {{ digit }}, 15) as bigint))
{%- endmacro %}
