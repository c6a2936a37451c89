{#- What `insitu check` takes for granted of a relation, read from its own config.meta.point_in_time: times are there,
    keys are unique. One row per broken obligation, with how many rows break it. -#}
{% test point_in_time_obligations(model) %}

{% set obligations = insitu.point_in_time_obligations(model) if execute else [] %}

with broken as (
    {% for obligation in obligations %}
        select
            '{{ obligation.name | replace("'", "''") }}' as obligation,
            count(*) as broken_rows
        from ({{ obligation.query }}) as rows_that_break_it
        {% if not loop.last %}union all{% endif %}
    {% else %}
        select
            'none' as obligation,
            0 as broken_rows
    {% endfor %}
)

select *
from broken
where broken_rows > 0

{% endtest %}
