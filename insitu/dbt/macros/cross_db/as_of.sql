{#- "Now" as a datetime (UTC, without zone): the variable `insitu_as_of`, or, where that is `now` or not given, the
    moment at which the run started. -#}
{% macro as_of() %}
    {%- set text = var('insitu_as_of', 'now') | string | replace('T', ' ') -%}
    {%- if text == 'now' -%}
        {{- return(run_started_at.astimezone(modules.pytz.utc).replace(microsecond=0, tzinfo=none)) -}}
    {%- endif -%}
    {%- set text = text ~ ' 00:00:00' if text | length == 10 else text -%}
    {%- set pattern = '([1-9]\\d{3})-(0[1-9]|1[0-2])-(\\d{2}) ([01]\\d|2[0-3]):([0-5]\\d):([0-5]\\d)' -%}
    {%- set parts = modules.re.fullmatch(pattern, text) -%}
    {%- if parts -%}
        {%- set year, month, day, hour, minute, second = parts.groups() | map('int') -%}
        {#- counted from the first of the month: the 31st of June becomes another text than it was -#}
        {%- set first_of_month = modules.datetime.datetime(year, month, 1, hour, minute, second) -%}
        {%- set moment = first_of_month + modules.datetime.timedelta(days=day - 1) -%}
        {%- if moment.strftime('%Y-%m-%d %H:%M:%S') == text -%}{{- return(moment) -}}{%- endif -%}
    {%- endif -%}
    {%- do exceptions.raise_compiler_error(
        "The variable `insitu_as_of` is `" ~ var('insitu_as_of')
        ~ "`; expected a UTC time like \"2013-11-01 00:00:00\", or now."
    ) -%}
{% endmacro %}


{#- A datetime as a SQL literal. -#}
{% macro timestamp_literal(value) -%}
    timestamp '{{ value.strftime('%Y-%m-%d %H:%M:%S') }}'
{%- endmacro %}
