-- What came true of each spine row, known at MATURED_AT.
with spine as (
    select * from {{ ref('USE_CASE__spine') }}
),

rows as (
    select * from RELATION
),

final as (
    select
SPINE_LINES
        spine.as_of,
        rows.LABEL,
        rows.MATURED_AT as matured_at
    from spine
    inner join rows
        on SPINE_JOIN
        and spine.as_of = rows.TIME
    where rows.MATURED_AT > spine.as_of
)

select * from final
