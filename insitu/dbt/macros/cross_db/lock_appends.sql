{#- A statement that waits until no other transaction appends to a table, and holds others off until this one ends: so what a
    model that appends finds in its own table is still so when it commits. The lock is that of the Python nodes and of the
    scorer. None on DuckDB, where a file has one writer. -#}
{% macro lock_appends(relation) -%}{{ adapter.dispatch('lock_appends', 'insitu')(relation) }}{%- endmacro %}

{% macro default__lock_appends(relation) -%}{%- endmacro %}

{% macro postgres__lock_appends(relation) -%}
{%- set name = insitu.text_literal('insitu:append:' ~ relation.schema ~ '.' ~ relation.identifier) -%}
select cast(pg_advisory_xact_lock(hashtextextended({{ name }}, 0)) as text)
{%- endmacro %}
