-- What is known of a flight before it happens. The source does not say when a schedule or an aircraft assignment was
-- published; a day ahead is assumed.
with flights as (
    select * from {{ ref('stg_nycflights__flights') }}
),

final as (
    select
        flight_id,
        scheduled_departure_at - interval '1 day' as published_at,
        scheduled_departure_at,
        scheduled_arrival_at,
        local_date,
        local_departure_minute,
        carrier,
        flight_number,
        tail_number,
        origin,
        destination,
        distance_miles
    from flights
)

select * from final
