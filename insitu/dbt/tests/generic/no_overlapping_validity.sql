{#- The periods of a key do not overlap: each ends no later than the next begins. -#}
{% test no_overlapping_validity(model, keys, valid_from='valid_from', valid_to='valid_to') %}
{%- set key = insitu.quoted(insitu.own_names(keys, model)) | join(', ') %}
{%- set start, until = insitu.quoted(insitu.own_names([valid_from, valid_to], model)) %}
    with periods as (
        select {{ key }}, {{ start }} as valid_from, {{ until }} as valid_to,
            lead({{ start }}) over (partition by {{ key }} order by {{ start }}) as next_from
        from {{ model }}
    )

    select * from periods where next_from is not null and (valid_to is null or next_from < valid_to)
{% endtest %}
