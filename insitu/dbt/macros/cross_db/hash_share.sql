{#- 13 hexadecimal digits of a hash, from the given one on, as a number strictly between 0 and 1. -#}
{% macro hash_share(hash, digit) -%}{{ adapter.dispatch('hash_share', 'insitu')(hash, digit) }}{%- endmacro %}

{% macro default__hash_share(hash, digit) -%}
((cast(('x' || substr({{ hash }}, {{ digit }}, 13))::bit(52)::bigint as double precision) + 0.5) / 4503599627370496)
{%- endmacro %}

{% macro duckdb__hash_share(hash, digit) -%}
((cast(cast('0x' || substr({{ hash }}, {{ digit }}, 13) as bigint) as double precision) + 0.5) / 4503599627370496)
{%- endmacro %}
