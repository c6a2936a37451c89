-- An aircraft's plan. Each leg is known a day ahead, but the leg before a flight is the last one that leaves before it:
-- so a leg counts as available only two hours before its departure, when its own prediction is made.
with schedules as (
    select * from {{ ref('stg_nycflights__schedules') }}
),

final as (
    select
        flight_id,
        scheduled_departure_at - interval '2 hours' as available_at,
        tail_number,
        scheduled_departure_at,
        cast(extract(epoch from scheduled_arrival_at - scheduled_departure_at) as double precision) / 60 as scheduled_block_minutes
    from schedules
    where tail_number is not null
)

select * from final
