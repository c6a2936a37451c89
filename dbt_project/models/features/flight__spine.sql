-- Two hours before each scheduled departure, once that moment has come.
with schedules as (
    select * from {{ ref('stg_nycflights__schedules') }}
),

final as (
    select
        flight_id,
        scheduled_departure_at - interval '2 hours' as as_of,
        carrier,
        flight_number,
        tail_number,
        origin,
        destination
    from schedules
    where
        published_at < scheduled_departure_at - interval '2 hours'
        and scheduled_departure_at - interval '2 hours' <= {{ insitu.timestamp_literal(insitu.newest_as_of()) }}
)

select * from final
