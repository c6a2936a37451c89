{#- The items of a JSON array beside each row, as (position, value) counted from 1. `column` is text or JSON that holds
    an array; NULL gives no row. -#}
{% macro json_items(column, alias) -%}{{ adapter.dispatch('json_items', 'insitu')(column, alias) }}{%- endmacro %}

{% macro default__json_items(column, alias) -%}
    {%- set items = 'jsonb_array_elements(cast(' ~ column ~ ' as jsonb))' -%}
    cross join lateral {{ items }} with ordinality as {{ alias }} (value, position)
{%- endmacro %}

{% macro duckdb__json_items(column, alias) -%}
    cross join lateral (
        select cast(key as bigint) + 1 as position, value
        from json_each(cast({{ column }} as json))
    ) as {{ alias }}
{%- endmacro %}


{#- One item of a JSON value as text, by the key of an object or the position (from 0) in an array; NULL if there is
    none. -#}
{% macro json_text(value, key) -%}({{ value }} ->> {{ key }}){%- endmacro %}


{#- A JSON value that is no object as text, without its quotes. -#}
{% macro json_plain(value) -%}{{ adapter.dispatch('json_plain', 'insitu')(value) }}{%- endmacro %}

{% macro default__json_plain(value) -%}({{ value }} #>> '{}'){%- endmacro %}

{% macro duckdb__json_plain(value) -%}({{ value }} ->> '$'){%- endmacro %}


{#- Whether a JSON value is a number. -#}
{% macro json_is_number(value) -%}{{ adapter.dispatch('json_is_number', 'insitu')(value) }}{%- endmacro %}

{% macro default__json_is_number(value) -%}(jsonb_typeof({{ value }}) = 'number'){%- endmacro %}

{% macro duckdb__json_is_number(value) -%}
(json_type({{ value }}) in ('DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT'))
{%- endmacro %}
