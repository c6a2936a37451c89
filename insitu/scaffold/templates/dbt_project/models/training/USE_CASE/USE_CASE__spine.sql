-- Every ENTITY, at the moment its prediction is due. Rows up to the end of the scoring window that `as_of` opens.
with entities as (
    select * from {{ ref('TODO_your_entities') }}
),

final as (
    select
        ENTITY,
        TODO_moment_of_the_prediction as as_of
    from entities
    where TODO_moment_of_the_prediction < {{ insitu.timestamp_literal(insitu.as_of()) }} + interval '1 day'
)

select * from final
