{#- Fails when `as_of` lies outside what the sources with an `event_time` cover. -#}
{% macro check_as_of() %}
    {%- if execute -%}
        {%- set now = insitu.as_of() -%}
        {%- for source in insitu.selected_sources() if source.config.event_time -%}
            {%- set relation = insitu.source_relation(source) -%}
            {%- set time = insitu.identifier(source.config.event_time) -%}
            {%- set span = run_query("select min(" ~ time ~ "), max(" ~ time ~ ") from " ~ relation).rows[0] -%}
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
