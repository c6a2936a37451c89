{#- A duration of the declaration, such as `31 days`, as a SQL interval; fails on what is none. -#}
{% macro duration_interval(use_case, setting, duration) %}
    {%- set read = insitu.read_duration(duration) -%}
    {%- if read.refusal -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ use_case ~ "__models`: meta.ml." ~ setting ~ ": " ~ read.refusal
        ) -%}
    {%- endif -%}
    {{- return("interval '" ~ read.interval ~ "'") -}}
{% endmacro %}
