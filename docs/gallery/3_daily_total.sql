-- The day's mean delay, with the rest of the day in it.
with daily as (
    select origin, date_trunc('day', departed_at) as day, avg(departure_delay_minutes) as delay
    from stg_nycflights__departures
    group by origin, date_trunc('day', departed_at)
)

select s.flight_id, s.as_of, d.delay as delay_today
from flight__spine as s
left join daily as d on d.origin = s.origin and d.day = date_trunc('day', s.as_of)
