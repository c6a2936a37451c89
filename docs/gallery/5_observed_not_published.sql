-- The last observation by the hour of observation: it is published an hour later.
select s.flight_id, s.as_of, w.wind_mph
from flight__spine as s
left join lateral (
    select wind_mph
    from stg_nycflights__weather as w
    where w.origin = s.origin and w.observed_at < s.as_of
    order by w.published_at desc
    limit 1
) as w on true
