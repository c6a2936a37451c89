{#- No alert of severity `error` is open that nobody has muted or acknowledged. -#}
{% test no_grave_episodes(model) %}
select use_case, alert, subject, last_message
from {{ model }}
where severity = 'error' and state in ('opened', 'still_open')
{% endtest %}
