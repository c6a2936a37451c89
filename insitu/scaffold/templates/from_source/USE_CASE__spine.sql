-- Each row of RELATION_WORDS is predicted at its TIME, those of the window that `as_of` opens included.
with rows as (
    select * from RELATION
),

final as (
    select
ENTITY_LINES
        TIME as as_of
    from rows
    where TIME < {{ insitu.timestamp_literal(insitu.as_of()) }} + interval 'WINDOW'
)

select * from final
