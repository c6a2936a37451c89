-- How late flights of this number and on this route have been.
with route as (
    {{ insitu.window_features(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__departures'),
        keys=['origin', 'destination'],
        windows=['1 day', '7 days', '28 days'],
        measures=[
            {'name': 'delay', 'expr': 'departure_delay_minutes', 'agg': 'avg'},
            {'name': 'late_share', 'expr': 'is_late', 'agg': 'avg'},
        ],
        prefix='route',
    ) | indent(4) }}
),

flight_number as (
    {{ insitu.window_features(
        spine=ref('flight__spine'),
        spine_key=['flight_id'],
        events=ref('stg_nycflights__departures'),
        keys=['origin', 'carrier', 'flight_number'],
        windows=['28 days', 'all'],
        measures=[
            {'name': 'departures', 'agg': 'count'},
            {'name': 'delay', 'expr': 'departure_delay_minutes', 'agg': 'avg'},
            {'name': 'late_share', 'expr': 'is_late', 'agg': 'avg'},
        ],
        prefix='flight_number',
    ) | indent(4) }}
),

final as (
    select
        route.*,
        flight_number.flight_number__departures_28d,
        flight_number.flight_number__departures_all,
        flight_number.flight_number__delay_avg_28d,
        flight_number.flight_number__delay_avg_all,
        flight_number.flight_number__late_share_avg_28d,
        flight_number.flight_number__late_share_avg_all
    from route
    inner join flight_number
        on route.flight_id = flight_number.flight_id
        and route.as_of = flight_number.as_of
)

select * from final
