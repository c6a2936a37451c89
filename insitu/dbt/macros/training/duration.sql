{#- A duration of the declaration, such as `31 days`, as a SQL interval. -#}
{% macro duration_interval(use_case, setting, duration) %}
    {%- if not modules.re.fullmatch('\\d+ (minute|hour|day|week|month)s?', duration | string | trim) -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ use_case ~ "__models`: meta.ml." ~ setting ~ " is `" ~ duration
            ~ "`; expected a number and minutes, hours, days, weeks or months, such as `31 days`."
        ) -%}
    {%- endif -%}
    {{- return("interval '" ~ duration | trim ~ "'") -}}
{% endmacro %}
