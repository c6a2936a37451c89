-- A departure at the very moment of the prediction.
select s.flight_id, s.as_of, count(d.flight_id) as departures
from flight__spine as s
left join stg_nycflights__departures as d on d.origin = s.origin and d.departed_at <= s.as_of
group by s.flight_id, s.as_of
