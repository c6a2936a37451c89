-- A flight is overdue from its scheduled departure until it leaves, or for six hours if it has not left by then (the
-- source does not say when a flight was cancelled). Entering counts +1, leaving -1: the sum of all changes before a
-- moment is the number of flights that are late and still on the ground.
with flights as (
    select * from {{ ref('stg_nycflights__flights') }}
),

overdue as (
    select
        *,
        case
            when departed_at < scheduled_departure_at + interval '6 hours' then departed_at
            else scheduled_departure_at + interval '6 hours'
        end as no_longer_overdue_at
    from flights
    where departed_at is null or departed_at > scheduled_departure_at
),

final as (
    select
        flight_id,
        scheduled_departure_at as changed_at,
        carrier,
        tail_number,
        origin,
        1 as overdue_change,
        cast(extract(epoch from scheduled_departure_at) as double precision) / 60 as overdue_since_change
    from overdue

    union all

    select
        flight_id,
        no_longer_overdue_at as changed_at,
        carrier,
        tail_number,
        origin,
        -1 as overdue_change,
        -cast(extract(epoch from scheduled_departure_at) as double precision) / 60 as overdue_since_change
    from overdue
)

select * from final
