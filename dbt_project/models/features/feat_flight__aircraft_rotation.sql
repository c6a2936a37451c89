-- What this aircraft did lately: its last departure from New York and how late it was.
{{ insitu.window_features(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__departures'),
    keys=['tail_number'],
    windows=['1 day', '7 days'],
    measures=[
        {'name': 'departures', 'agg': 'count'},
        {'name': 'delay', 'expr': 'departure_delay_minutes', 'agg': ['avg', 'last'], 'order_by': 'flight_id'},
        {'name': 'hours_since_departure', 'agg': 'time_since_last'},
    ],
    prefix='aircraft',
) }}
