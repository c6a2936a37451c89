-- Every flight, two hours before it should leave.
with spine as (
    select * from {{ ref('flight__spine') }}
),

final as (
    select
        flight_id,
        as_of
    from spine
)

select * from final
