{#- For `loaded_at_query`: the age of a source is counted from `as_of`, not from the wall clock, so that
    `dbt source freshness` answers for any day. -#}
{% macro loaded_at_as_of(column) -%}
    select current_timestamp - ({{ insitu.timestamp_literal(insitu.as_of()) }} - max({{ column }}))
    from {{ this }}
    where {{ column }} < {{ insitu.timestamp_literal(insitu.as_of()) }}
{%- endmacro %}
