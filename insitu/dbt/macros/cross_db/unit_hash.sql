{#- One text for a unit of one or several columns, which no other unit has; NULL where a column is. insitu/acting/hashing.py
    has the same. -#}
{% macro unit_id(columns) %}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- set text = 'cast(' ~ insitu.identifier(column) ~ ' as varchar)' -%}
        {%- do parts.append('cast(length(' ~ text ~ ") as varchar) || ':' || " ~ text) -%}
    {%- endfor -%}
    {{- return(parts | join(' || ')) -}}
{% endmacro %}


{#- The place of a unit among 2³²: the first 32 bits of the MD5 of salt and unit; `unit` is what `unit_id` gives, as SQL. -#}
{% macro unit_place(salt, unit) -%}
    {{- adapter.dispatch('first_bits', 'insitu')('md5(' ~ insitu.text_literal(salt | length ~ ':' ~ salt) ~ ' || ' ~ unit ~ ')') -}}
{%- endmacro %}

{% macro default__first_bits(hash) -%}(('x' || substr({{ hash }}, 1, 8))::bit(32)::bigint){%- endmacro %}

{% macro duckdb__first_bits(hash) -%}cast('0x' || substr({{ hash }}, 1, 8) as bigint){%- endmacro %}
