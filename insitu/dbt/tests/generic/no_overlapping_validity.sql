{#- The periods of a key do not overlap: each ends no later than the next begins. -#}
{% test no_overlapping_validity(model, keys, valid_from='valid_from', valid_to='valid_to') %}
    with periods as (
        select {{ keys | join(', ') }}, {{ valid_from }} as valid_from, {{ valid_to }} as valid_to,
            lead({{ valid_from }}) over (partition by {{ keys | join(', ') }} order by {{ valid_from }}) as next_from
        from {{ model }}
    )

    select * from periods where next_from is not null and (valid_to is null or next_from < valid_to)
{% endtest %}
