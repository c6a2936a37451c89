{#- "Now" as a datetime (UTC, without zone): the variable `as_of`. -#}
{% macro as_of() %}
    {%- set text = var('as_of') | string | replace('T', ' ') -%}
    {%- set text = text ~ ' 00:00:00' if text | length == 10 else text -%}
    {%- if not modules.re.fullmatch('\\d{4}-\\d{2}-\\d{2} \\d{2}:\\d{2}:\\d{2}', text) -%}
        {%- do exceptions.raise_compiler_error(
            "The variable `as_of` is `" ~ var('as_of') ~ "`; expected a UTC time like \"2013-11-01 00:00:00\"."
        ) -%}
    {%- endif -%}
    {{- return(modules.datetime.datetime.strptime(text, '%Y-%m-%d %H:%M:%S')) -}}
{% endmacro %}


{#- A datetime as a SQL literal. -#}
{% macro timestamp_literal(value) -%}
    timestamp '{{ value.strftime('%Y-%m-%d %H:%M:%S') }}'
{%- endmacro %}
