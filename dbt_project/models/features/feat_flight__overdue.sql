-- Flights that are late and still on the ground: how many, and for how many minutes in all.
with spine as (
    select * from {{ ref('flight__spine') }}
),

at_origin as (
    {{ insitu.window_features(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__overdue_changes'),
        keys=['origin'],
        windows=['all'],
        measures=[
            {'name': 'flights', 'expr': 'overdue_change', 'agg': 'sum', 'default': 0},
            {'name': 'since', 'expr': 'overdue_since_change', 'agg': 'sum', 'default': 0},
        ],
        prefix='overdue_origin',
    ) | indent(4) }}
),

of_carrier as (
    {{ insitu.window_features(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__overdue_changes'),
        keys=['origin', 'carrier'],
        windows=['all'],
        measures=[
            {'name': 'flights', 'expr': 'overdue_change', 'agg': 'sum', 'default': 0},
            {'name': 'since', 'expr': 'overdue_since_change', 'agg': 'sum', 'default': 0},
        ],
        prefix='overdue_carrier',
    ) | indent(4) }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        at_origin.overdue_origin__flights_sum_all as overdue_at_origin,
        at_origin.overdue_origin__flights_sum_all * cast(extract(epoch from spine.as_of) as double precision) / 60
        - at_origin.overdue_origin__since_sum_all as overdue_minutes_at_origin,
        of_carrier.overdue_carrier__flights_sum_all as overdue_of_carrier,
        of_carrier.overdue_carrier__flights_sum_all * cast(extract(epoch from spine.as_of) as double precision) / 60
        - of_carrier.overdue_carrier__since_sum_all as overdue_minutes_of_carrier
    from spine
    inner join at_origin on spine.flight_id = at_origin.flight_id and spine.as_of = at_origin.as_of
    inner join of_carrier on spine.flight_id = of_carrier.flight_id and spine.as_of = of_carrier.as_of
)

select * from final
