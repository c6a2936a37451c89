-- A delay is known when the aircraft leaves, not when it should have left.
with flights as (
    select * from {{ ref('stg_nycflights__flights') }}
),

final as (
    select
        flight_id,
        departed_at,
        scheduled_departure_at,
        cast(extract(epoch from scheduled_arrival_at - scheduled_departure_at) as double precision) / 60 as scheduled_block_minutes,
        carrier,
        flight_number,
        tail_number,
        origin,
        destination,
        departure_delay_minutes,
        case when departure_delay_minutes >= 15 then 1 else 0 end as is_late
    from flights
    where not is_cancelled
)

select * from final
