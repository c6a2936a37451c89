{#- An alert is quiet when it has no row. It only warns: a failure here would keep `alerts`, which comes after it, from being
    built. What is grave fails the build at `alert_episodes`. -#}
{% test no_findings(model) %}
{{ config(severity='warn') }}
select * from {{ model }}
{% endtest %}
