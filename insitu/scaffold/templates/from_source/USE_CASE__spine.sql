-- Each row of RELATION_WORDS is predicted at its TIME, once that has come.
with rows as (
    select * from RELATION
),

final as (
    select
ENTITY_LINES
        TIME as as_of
    from rows
    where TIME <= {{ insitu.timestamp_literal(insitu.newest_as_of()) }}
)

select * from final
