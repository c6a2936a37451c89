{#- How grave an alert is, as SQL over `use_case`: `warn`, or `error` where `meta.ml.monitoring.severity` of a use case, or
    else the variable `insitu_alert_severity`, says so, as in {alert_score_drift: error}. -#}
{% macro alert_severity(alert) -%}
{%- set declared = {} -%}
{%- for use_case in insitu.use_cases() -%}
    {%- do declared.update({use_case: insitu.alert_severities(use_case).get(alert, 'warn')}) -%}
{%- endfor -%}
{%- set levels = declared.values() | unique | list -%}
{%- if levels | length > 1 -%}
case{% for use_case, level in declared.items() if level == 'error' %} when use_case = '{{ use_case }}' then 'error'{% endfor %} else 'warn' end
{%- else -%}
'{{ levels | first or 'warn' }}'
{%- endif -%}
{%- endmacro %}


{#- The severities that are declared for the alerts of a use case: {alert: 'warn' or 'error'}. -#}
{% macro alert_severities(use_case) %}
    {%- set found = {} -%}
    {%- for place, declared in [
        ('the variable insitu_alert_severity', var('insitu_alert_severity', {})),
        ('meta.ml.monitoring.severity of ' ~ use_case ~ '__models', insitu.use_case_config(use_case).monitoring.get('severity', {})),
    ] -%}
        {%- set declared = declared if declared is mapping else {declared: none} -%}
        {%- for alert, level in declared.items() if execute -%}
            {%- if level not in ['warn', 'error'] or 'model.insitu.' ~ alert not in graph.nodes or not alert.startswith('alert_') -%}
                {%- do exceptions.raise_compiler_error(
                    "In " ~ place ~ ", `" ~ alert ~ "` is `" ~ level ~ "`; expected the name of an alert, and warn or error, as in"
                    ~ " {alert_score_drift: error}. The alerts are the models `alert_*` of the package insitu."
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do found.update(declared) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- The columns that all alerts share; an alert adds its `message`. The CTE in scope gives use_case, subject, as_of,
    value and limit_value. -#}
{% macro alert_columns(alert) -%}
use_case,
    '{{ alert }}' as alert,
    cast(subject as {{ dbt.type_string() }}) as subject,
    cast(as_of as timestamp) as as_of,
    {{ insitu.alert_severity(alert) }} as severity,
    cast(value as double precision) as value,
    cast(limit_value as double precision) as limit_value
{%- endmacro %}

{#- A number in a message, to three decimals. -#}
{% macro number_text(expression) -%}
cast(cast({{ expression }} as decimal(18, 3)) as {{ dbt.type_string() }})
{%- endmacro %}

{#- A whole number in a message. -#}
{% macro count_text(expression) -%}
cast(cast(round({{ expression }}) as bigint) as {{ dbt.type_string() }})
{%- endmacro %}
