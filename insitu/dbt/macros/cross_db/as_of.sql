{#- "Now" as a datetime (UTC, without zone): the variable `insitu_as_of`, or, where that is `now` or not given, the
    moment at which the run started. A use case may have a moment of its own, in the variable `insitu_use_case_as_of`: it
    counts in the models that bear its name, and wherever it is named. -#}
{% macro as_of(use_case=none) %}
    {%- set own = var('insitu_use_case_as_of', {}) -%}
    {%- set use_case = use_case or (model.name.split('__')[0] if model is mapping and model.name else '') -%}
    {%- set name = 'insitu_use_case_as_of of ' ~ use_case if use_case in own else 'insitu_as_of' -%}
    {%- set given = own[use_case] if use_case in own else var('insitu_as_of', 'now') -%}
    {%- set text = given | string | replace('T', ' ') -%}
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
        "The variable `" ~ name ~ "` is `" ~ given
        ~ "`; expected a UTC time like \"2013-11-01 00:00:00\", or now."
    ) -%}
{% endmacro %}


{#- A datetime as a SQL literal. -#}
{% macro timestamp_literal(value) -%}
    timestamp '{{ value.strftime('%Y-%m-%d %H:%M:%S') }}'
{%- endmacro %}


{#- A moment (UTC) that the warehouse computes over a relation, as a datetime; none where it is NULL. It is asked for in seconds:
    as text, a session's `DateStyle` may write it in a way that the driver does not read. -#}
{% macro moment_of(expression, relation) %}
    {%- set epoch = modules.datetime.datetime(1970, 1, 1) -%}
    {%- set seconds = insitu.seconds_between(insitu.timestamp_literal(epoch), 'cast(' ~ expression ~ ' as timestamp)') -%}
    {%- set found = run_query("select " ~ seconds ~ " from " ~ relation).rows[0][0] -%}
    {{- return(none if found is none else epoch + modules.datetime.timedelta(seconds=found | float)) -}}
{% endmacro %}


{#- Rows (use_case, now): the moment up to which people read of every use case (`newest_as_of`). -#}
{% macro moments_of_use_cases() -%}
{% for use_case in insitu.use_cases() -%}
select '{{ use_case }}' as use_case, {{ insitu.timestamp_literal(insitu.newest_as_of(use_case)) }} as now
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}


{#- Rows (use_case, now): `as_of` of every use case. -#}
{% macro moments_of_runs() -%}
{% for use_case in insitu.use_cases() -%}
select '{{ use_case }}' as use_case, {{ insitu.timestamp_literal(insitu.as_of(use_case)) }} as now
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}
