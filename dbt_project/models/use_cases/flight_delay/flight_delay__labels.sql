-- Late is: 15 minutes or more, or never. That is known when the flight leaves, and fifteen minutes after its scheduled
-- departure at the latest, whether it then waits or has been cancelled.
with spine as (
    select * from {{ ref('flight_delay__spine') }}
),

flights as (
    select * from {{ ref('stg_nycflights__flights') }}
),

labelled as (
    select
        spine.flight_id,
        spine.as_of,
        case when flights.departure_delay_minutes < 15 then 0 else 1 end as is_late,
        greatest(
            least(
                coalesce(flights.departed_at, flights.scheduled_departure_at + interval '15 minutes'),
                flights.scheduled_departure_at + interval '15 minutes'
            ),
            spine.as_of
        ) as matured_at
    from spine
    inner join flights on spine.flight_id = flights.flight_id
),

final as (
    select * from labelled
    where matured_at > as_of
)

select * from final
