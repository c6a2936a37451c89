{#- Fails when `as_of` lies before the first row of a source with an `event_time`: nothing was known then. A time after the
    last row is the present of a source that is alive; how old its newest row may be is for `dbt source freshness`. The time
    is asked for in seconds: as text, a session's `DateStyle` may write it in a way that the driver does not read. -#}
{% macro check_as_of() %}
    {%- if execute -%}
        {%- set now = insitu.as_of() -%}
        {%- set epoch = modules.datetime.datetime(1970, 1, 1) -%}
        {%- for source in insitu.selected_sources() if source.config.event_time -%}
            {%- set relation = insitu.source_relation(source) -%}
            {%- set time = insitu.identifier(source.config.event_time) -%}
            {%- set seconds = insitu.seconds_between(insitu.timestamp_literal(epoch), 'cast(min(' ~ time ~ ') as timestamp)') -%}
            {%- set found = run_query("select " ~ seconds ~ " from " ~ relation).rows[0][0] -%}
            {%- set first = none if found is none else epoch + modules.datetime.timedelta(seconds=found | float) -%}
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
