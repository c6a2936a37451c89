-- The last weather observation published before as_of, at most six hours old.
with spine as (
    select * from {{ ref('flight__spine') }}
),

weather as (
    select * from {{ ref('stg_nycflights__weather') }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        weather.temperature_f,
        weather.dew_point_f,
        weather.humidity_percent,
        weather.wind_direction_degrees,
        weather.wind_mph,
        weather.gust_mph,
        weather.precipitation_inches,
        weather.pressure_millibars,
        weather.visibility_miles
    from spine
    left join lateral (
        select *
        from weather
        where weather.origin = spine.origin
        and weather.published_at < spine.as_of
        and weather.published_at >= spine.as_of - interval '6 hours'
        order by weather.published_at desc
        limit 1
    ) as weather on true
)

select * from final
