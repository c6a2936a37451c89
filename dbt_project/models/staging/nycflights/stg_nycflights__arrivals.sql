with flights as (
    select * from {{ ref('stg_nycflights__flights') }}
),

final as (
    select
        flight_id,
        arrived_at,
        departed_at,
        carrier,
        flight_number,
        tail_number,
        origin,
        destination,
        arrival_delay_minutes,
        air_minutes
    from flights
    where arrived_at is not null
)

select * from final
