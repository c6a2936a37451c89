-- The flight itself: when, where to, by whom.
with spine as (
    select * from {{ ref('flight__spine') }}
),

schedules as (
    select * from {{ ref('stg_nycflights__schedules') }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        schedules.carrier,
        schedules.origin,
        schedules.destination,
        schedules.local_departure_minute,
        cast(schedules.local_departure_minute as double precision) / 60 as local_departure_hour,
        cast(extract(isodow from schedules.local_date) as integer) as local_day_of_week,
        cast(extract(month from schedules.local_date) as integer) as local_month,
        schedules.distance_miles,
        cast(extract(epoch from schedules.scheduled_arrival_at - schedules.scheduled_departure_at) as double precision) / 60
            as scheduled_block_minutes
    from spine
    inner join schedules
        on spine.flight_id = schedules.flight_id
        and schedules.published_at < spine.as_of
)

select * from final
