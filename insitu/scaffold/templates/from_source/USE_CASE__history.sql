-- The rows of RELATION_WORDS as events: each is known once its label is.
with rows as (
    select * from RELATION
),

final as (
    select
ENTITY_LINES
        LABEL,
        MATURED_AT
    from rows
)

select * from final
