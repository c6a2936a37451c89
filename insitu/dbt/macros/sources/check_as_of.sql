{#- Fails when `as_of` lies before the first row of a source with an `event_time`: nothing was known then. A time after the
    last row is the present of a source that is alive; how old its newest row may be is for `dbt source freshness`. The time
    is asked for in seconds: as text, a session's `DateStyle` may write it in a way that the driver does not read. -#}
{% macro check_as_of() %}
    {%- if execute -%}
        {%- set now = insitu.as_of() -%}
        {%- for source in insitu.selected_sources() if source.config.event_time -%}
            {%- set relation = insitu.source_relation(source) -%}
            {%- set time = insitu.identifier(source.config.event_time) -%}
            {%- set first = insitu.moment_of('min(' ~ time ~ ')', relation) -%}
            {%- if first is none or now < first -%}
                {%- do exceptions.raise_compiler_error(
                    "as_of " ~ now ~ " lies before anything that is known: source `" ~ source.source_name ~ "."
                    ~ source.name ~ "` " ~ ("is empty" if first is none else "begins at " ~ first) ~ " (column `"
                    ~ source.config.event_time ~ "`). Choose a later time: --vars '{insitu_as_of: \""
                    ~ (first.date() if first is not none else "…") ~ " 00:00:00\"}'."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
