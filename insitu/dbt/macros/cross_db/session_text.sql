{#- A variable of the session, as a Python node left it; NULL where none did. -#}
{% macro session_text(name) -%}{{ adapter.dispatch('session_text', 'insitu')(name) }}{%- endmacro %}

{% macro default__session_text(name) -%}nullif(current_setting({{ insitu.text_literal(name) }}, true), ''){%- endmacro %}

{% macro duckdb__session_text(name) -%}nullif(getvariable({{ insitu.text_literal(name) }}), ''){%- endmacro %}
