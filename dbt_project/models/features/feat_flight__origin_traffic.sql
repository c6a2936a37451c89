-- How late departures from the origin have been running.
{{ insitu.window_features(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__departures'),
    keys=['origin'],
    windows=['1 hour', '3 hours', '8 hours', '1 day'],
    measures=[
        {'name': 'departures', 'agg': 'count'},
        {'name': 'delay', 'expr': 'departure_delay_minutes', 'agg': ['avg', 'max']},
        {'name': 'late_share', 'expr': 'is_late', 'agg': 'avg'},
    ],
    prefix='origin',
) }}
