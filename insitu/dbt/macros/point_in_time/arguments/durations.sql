{#- A window such as '6 hours' as {label, seconds, days, sql}; 'all' is the whole history. -#}
{% macro parse_window(window, argument='windows') %}
    {%- set text = window | string | trim | lower -%}
    {%- if text == 'all' -%}
        {{ return({'label': 'all', 'seconds': none, 'text': 'all history'}) }}
    {%- endif -%}
    {%- set found = modules.re.match('^([1-9][0-9]*) *(second|minute|hour|day|week)s?$', text) -%}
    {%- if not found -%}
        {{ insitu.features_error(argument, "'" ~ window ~ "'",
            "a duration such as '30 minutes', '6 hours', '7 days' or '2 weeks'" ~ (", or 'all'" if argument == 'windows' else '')) }}
    {%- endif -%}
    {%- set unit = found.group(2) -%}
    {%- set size = {'second': 1, 'minute': 60, 'hour': 3600, 'day': 86400, 'week': 604800}[unit] -%}
    {%- set seconds = found.group(1) | int * size -%}
    {{ return({'label': found.group(1) ~ unit[0], 'seconds': seconds, 'text': insitu.duration_text(seconds)}) }}
{% endmacro %}


{#- Seconds in the largest whole unit: 21600 -> '6 hours'. -#}
{% macro duration_text(seconds) %}
    {%- for unit, size in [('day', 86400), ('hour', 3600), ('minute', 60), ('second', 1)] if seconds % size == 0 -%}
        {%- if loop.first -%}
            {%- set count = seconds // size -%}
            {{ return(count ~ ' ' ~ unit ~ ('' if count == 1 else 's')) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- `column - interval '6 hours'`; nothing is subtracted for 0 seconds. -#}
{% macro minus_duration(column, seconds) %}
    {{- column }}{% if seconds %} - interval '{{ insitu.duration_text(seconds) }}'{% endif -%}
{% endmacro %}
