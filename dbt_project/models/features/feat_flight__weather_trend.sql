-- The weather of the last six hours at the origin.
{{ window_features(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__weather'),
    keys=['origin'],
    windows=['6 hours'],
    measures=[
        {'name': 'precipitation', 'expr': 'precipitation_inches', 'agg': 'sum'},
        {'name': 'visibility', 'expr': 'visibility_miles', 'agg': 'min'},
        {'name': 'gust', 'expr': 'gust_mph', 'agg': 'max'},
        {'name': 'pressure', 'expr': 'pressure_millibars', 'agg': 'avg'},
    ],
    prefix='weather',
) }}
