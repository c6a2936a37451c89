{#- A duration such as `31 days`, by the grammar of insitu/durations.py: {'text', 'seconds', 'interval'}. `seconds` is
    none for months, quarters and years, which follow the calendar; with `fixed` they are refused. What is no duration
    gives {'refusal': the message}. -#}
{% macro read_duration(text, fixed=false) %}
    {%- set sizes = {'second': 1, 'minute': 60, 'hour': 3600, 'day': 86400, 'week': 604800} -%}
    {%- set fixed_units = sizes.keys() | list -%}
    {%- set units = fixed_units + ['month', 'quarter', 'year'] -%}
    {%- set pattern = '([1-9][0-9]*) +(' ~ units | join('|') ~ ')s?' -%}
    {%- set found = modules.re.fullmatch(pattern, text | string | trim) -%}
    {%- set shown = "'" ~ text ~ "'" if text is string else text | string -%}
    {%- if not found -%}
        {{ return({
            'refusal': shown ~ ' is not a duration; write a positive whole number and a unit (' ~ units | join(', ')
                ~ '), such as `31 days`',
        }) }}
    {%- endif -%}
    {%- set number, unit = found.group(1) | int, found.group(2) -%}
    {%- if fixed and unit not in sizes -%}
        {{ return({'refusal': shown ~ ' is not always equally long; write ' ~ fixed_units | join('s, ') ~ 's here'}) }}
    {%- endif -%}
    {#- PostgreSQL's intervals know no quarters. -#}
    {{ return({
        'text': insitu.counted(number, unit),
        'seconds': number * sizes[unit] if unit in sizes else none,
        'interval': insitu.counted(3 * number, 'month') if unit == 'quarter' else insitu.counted(number, unit),
    }) }}
{% endmacro %}


{#- A number and its unit: `1 day`, `2 days`. -#}
{% macro counted(number, unit) %}
    {{- return(number ~ ' ' ~ unit ~ ('' if number == 1 else 's')) -}}
{% endmacro %}


{#- Seconds in the largest whole unit: 21600 -> '6 hours'. -#}
{% macro duration_text(seconds) %}
    {%- for unit, size in [('day', 86400), ('hour', 3600), ('minute', 60), ('second', 1)] if seconds % size == 0 -%}
        {%- if loop.first -%}{{ return(insitu.counted(seconds // size, unit)) }}{%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- `column - interval '6 hours'`; nothing is subtracted for 0 seconds. -#}
{% macro minus_duration(column, seconds) %}
    {{- column }}{% if seconds %} - interval '{{ insitu.duration_text(seconds) }}'{% endif -%}
{% endmacro %}


{#- `column + interval '6 hours'`; nothing is added for 0 seconds. -#}
{% macro plus_duration(column, seconds) %}
    {{- column }}{% if seconds %} + interval '{{ insitu.duration_text(seconds) }}'{% endif -%}
{% endmacro %}
