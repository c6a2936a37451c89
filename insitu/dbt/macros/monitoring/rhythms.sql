{#- Rows (use_case, now, since, every_minutes, every_text): how often predictions of each use case are due (`scoring.every`), and
    where the period began that ends at `as_of`. A month counts as 31 days, a quarter as 92, a year as 366. -#}
{% macro rhythms() -%}
{% for use_case in insitu.use_cases_there() -%}
{#- what it is about has to be built -#}
{%- do insitu.use_case_ref(use_case, 'predictions') -%}
{%- set every = insitu.use_case_config(use_case).scoring.every -%}
{%- set interval = insitu.duration_interval(use_case, 'scoring.every', every) -%}
{%- set read = insitu.read_duration(every) -%}
{%- set number, unit = read.text.split(' ') -%}
{%- set days = {'month': 31, 'quarter': 92, 'year': 366}.get(unit.rstrip('s'), 0) -%}
{%- set now = insitu.timestamp_literal(insitu.newest_as_of(use_case)) -%}
select
    '{{ use_case }}' as use_case,
    {{ now }} as now,
    {{ now }} - {{ interval }} as since,
    {{ read.seconds / 60 if read.seconds else (number | int) * days * 1440 }} as every_minutes,
    '{{ read.text }}' as every_text
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}
