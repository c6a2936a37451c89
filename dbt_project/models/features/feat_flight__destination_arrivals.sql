-- How late arrivals at the destination have been running.
{{ insitu.window_features(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__arrivals'),
    keys=['destination'],
    windows=['3 hours', '8 hours', '1 day'],
    measures=[
        {'name': 'arrivals', 'agg': 'count'},
        {'name': 'delay', 'expr': 'arrival_delay_minutes', 'agg': ['avg', 'max']},
    ],
    prefix='destination',
) }}
