-- The aircraft, where the registry knows it.
with spine as (
    select * from {{ ref('flight__spine') }}
),

planes as (
    select * from {{ ref('stg_nycflights__planes') }}
),

final as (
    select
        spine.flight_id,
        spine.as_of,
        cast(extract(year from spine.as_of) as integer) - planes.built_year as aircraft_age_years,
        planes.seats as aircraft_seats,
        planes.manufacturer as aircraft_manufacturer,
        planes.engine_type as aircraft_engine
    from spine
    left join planes on spine.tail_number = planes.tail_number
)

select * from final
