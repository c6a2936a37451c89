-- The last weather observation published before as_of, at most six hours old.
{{ insitu.latest_before(
    spine=ref('flight__spine'),
    spine_key=['flight_id'],
    events=ref('stg_nycflights__weather'),
    keys=['origin'],
    columns=[
        'temperature_f',
        'dew_point_f',
        'humidity_percent',
        'wind_direction_degrees',
        'wind_mph',
        'gust_mph',
        'precipitation_inches',
        'pressure_millibars',
        'visibility_miles',
    ],
    max_age='6 hours',
    prefix='weather',
) }}
