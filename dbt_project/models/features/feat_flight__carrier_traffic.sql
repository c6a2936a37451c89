-- How late the carrier's departures from the origin have been running.
{{ insitu.window_features(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__departures'),
    keys=['origin', 'carrier'],
    windows=['3 hours', '8 hours', '1 day', '7 days'],
    measures=[
        {'name': 'departures', 'agg': 'count'},
        {'name': 'delay', 'expr': 'departure_delay_minutes', 'agg': 'avg'},
        {'name': 'late_share', 'expr': 'is_late', 'agg': 'avg'},
    ],
    prefix='carrier',
) }}
