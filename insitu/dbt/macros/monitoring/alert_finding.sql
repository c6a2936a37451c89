{#- How grave an alert is: `warn`, or `error` where the variable `insitu_alert_severity` says so, as in
    {alert_score_drift: error}. The test on the alert reads the same variable, so an `error` also fails the build. -#}
{% macro alert_severity(alert) %}
    {{- return(var('insitu_alert_severity', {}).get(alert, 'warn')) -}}
{% endmacro %}

{#- The columns that all alerts share; an alert adds its `message`. The CTE in scope gives use_case, subject, as_of,
    value and limit_value. -#}
{% macro alert_columns(alert) -%}
use_case,
    '{{ alert }}' as alert,
    cast(subject as {{ dbt.type_string() }}) as subject,
    cast(as_of as timestamp) as as_of,
    '{{ insitu.alert_severity(alert) }}' as severity,
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
