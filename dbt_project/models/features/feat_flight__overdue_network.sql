-- Flights that are late and still on the ground beyond the origin: of the carrier at all origins, and of the aircraft.
with spine as (
    select * from {{ ref('flight__spine') }}
),

of_carrier as (
    {{ insitu.window_features(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__overdue_changes'),
        keys=['carrier'],
        windows=['all'],
        measures=[
            {'name': 'flights', 'expr': 'overdue_change', 'agg': 'sum', 'default': 0},
            {'name': 'since', 'expr': 'overdue_since_change', 'agg': 'sum', 'default': 0},
        ],
        prefix='network',
    ) | indent(4) }}
),

of_aircraft as (
    {{ insitu.window_features(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__overdue_changes'),
        keys=['tail_number'],
        windows=['all'],
        measures=[
            {'name': 'flights', 'expr': 'overdue_change', 'agg': 'sum', 'default': 0},
            {'name': 'since', 'expr': 'overdue_since_change', 'agg': 'sum', 'default': 0},
        ],
        prefix='aircraft',
    ) | indent(4) }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        of_carrier.network__flights_sum_all as overdue_of_carrier_everywhere,
        of_carrier.network__flights_sum_all * cast(extract(epoch from spine.as_of) as double precision) / 60
        - of_carrier.network__since_sum_all as overdue_minutes_of_carrier_everywhere,
        of_aircraft.aircraft__flights_sum_all as overdue_of_aircraft,
        of_aircraft.aircraft__flights_sum_all * cast(extract(epoch from spine.as_of) as double precision) / 60
        - of_aircraft.aircraft__since_sum_all as overdue_minutes_of_aircraft
    from spine
    inner join of_carrier on spine.flight_id = of_carrier.flight_id and spine.as_of = of_carrier.as_of
    inner join of_aircraft on spine.flight_id = of_aircraft.flight_id and spine.as_of = of_aircraft.as_of
)

select * from final
