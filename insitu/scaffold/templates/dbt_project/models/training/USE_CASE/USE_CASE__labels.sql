-- What came true of each spine row, and when that was known.
with spine as (
    select * from {{ ref('USE_CASE__spine') }}
),

final as (
    select
        ENTITY,
        as_of,
        TODO_what_came_true as LABEL,
        TODO_when_it_was_known as matured_at
    from spine
)

select * from final
