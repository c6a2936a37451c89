-- Minutes late at the destination, known on arrival. Flights that are cancelled or diverted have no label: the
-- prediction is for flights that fly.
with spine as (
    select * from {{ ref('arrival_delay__spine') }}
),

arrivals as (
    select * from {{ ref('stg_nycflights__arrivals') }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        arrivals.arrival_delay_minutes,
        greatest(arrivals.arrived_at, spine.as_of) as matured_at
    from spine
    inner join arrivals
        on spine.flight_id = arrivals.flight_id
        and arrivals.arrived_at > spine.as_of
)

select * from final
