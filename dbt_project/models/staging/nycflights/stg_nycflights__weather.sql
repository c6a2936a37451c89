-- An observation is taken within its hour and published after it: an hour's lag is on the safe side.
with weather as (
    select * from {{ source('nycflights', 'weather') }}
),

final as (
    select
        origin,
        time_hour as observed_at,
        time_hour + interval '1 hour' as published_at,
        temp as temperature_f,
        dewp as dew_point_f,
        humid as humidity_percent,
        wind_dir as wind_direction_degrees,
        -- One reading of 1048 mph is a fault of the instrument.
        case when wind_speed < 200 then wind_speed end as wind_mph,
        wind_gust as gust_mph,
        precip as precipitation_inches,
        pressure as pressure_millibars,
        visib as visibility_miles
    from weather
)

select * from final
