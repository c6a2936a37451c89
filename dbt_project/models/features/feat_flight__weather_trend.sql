-- The weather of the last six hours at the origin. Sums are of whole numbers (hundredths of an inch, tenths of a millibar):
-- a sum of fractions depends on the order of the rows in its last digit, and the hash of the training set with it.
{{ insitu.window_features(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__weather'),
    keys=['origin'],
    windows=['6 hours'],
    measures=[
        {'name': 'precipitation', 'expr': 'cast(floor(100 * precipitation_inches + 0.5) as integer)', 'agg': 'sum'},
        {'name': 'visibility', 'expr': 'visibility_miles', 'agg': 'min'},
        {'name': 'gust', 'expr': 'gust_mph', 'agg': 'max'},
        {'name': 'pressure', 'expr': 'cast(floor(10 * pressure_millibars + 0.5) as integer)', 'agg': 'avg'},
    ],
    prefix='weather',
) }}
