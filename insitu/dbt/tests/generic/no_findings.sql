{#- An alert is quiet when it has no row. -#}
{% test no_findings(model) %}
select * from {{ model }}
{% endtest %}
