-- How often the carrier is late, over all labels there ever were.
with carriers as (
    select carrier, avg(is_late) as late_share
    from flight_delay__labels
    group by carrier
)

select s.flight_id, s.as_of, c.late_share
from flight__spine as s
left join carriers as c on c.carrier = s.carrier
