{#- Fails when `as_of` lies outside what the sources with an `event_time` cover. Their times are asked for in seconds: as
    text, a session's `DateStyle` may write them in a way that the driver does not read. -#}
{% macro check_as_of() %}
    {%- if execute -%}
        {%- set now = insitu.as_of() -%}
        {%- set epoch = modules.datetime.datetime(1970, 1, 1) -%}
        {%- for source in insitu.selected_sources() if source.config.event_time -%}
            {%- set relation = insitu.source_relation(source) -%}
            {%- set time = insitu.identifier(source.config.event_time) -%}
            {%- set seconds = [] -%}
            {%- for edge in ['min', 'max'] -%}
                {%- set moment = "cast(" ~ edge ~ "(" ~ time ~ ") as timestamp)" -%}
                {%- do seconds.append(insitu.seconds_between(insitu.timestamp_literal(epoch), moment)) -%}
            {%- endfor -%}
            {%- set span = [] -%}
            {%- for found in run_query("select " ~ seconds | join(", ") ~ " from " ~ relation).rows[0] -%}
                {%- do span.append(epoch + modules.datetime.timedelta(seconds=found | float)) -%}
            {%- endfor -%}
            {%- if now < span[0] or now > span[1] -%}
                {%- do exceptions.raise_compiler_error(
                    "as_of " ~ now ~ " lies outside the data: source `" ~ source.source_name ~ "." ~ source.name
                    ~ "` runs from " ~ span[0] ~ " to " ~ span[1] ~ " (column `" ~ source.config.event_time
                    ~ "`). Choose a time within: --vars '{insitu_as_of: \"" ~ span[1].date() ~ " 00:00:00\"}'."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
