-- The delays of the last three hours, by the scheduled instead of the actual departure.
select s.flight_id, s.as_of, avg(d.departure_delay_minutes) as delay_3h
from flight__spine as s
left join stg_nycflights__departures as d
    on d.origin = s.origin
    and d.scheduled_departure_at >= s.as_of - interval '3 hours'
    and d.scheduled_departure_at < s.as_of
group by s.flight_id, s.as_of
