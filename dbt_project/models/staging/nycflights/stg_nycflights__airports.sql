with airports as (
    select * from {{ source('nycflights', 'airports') }}
),

supplement as (
    select * from {{ ref('airport_supplement') }}
),

final as (
    select
        faa as airport,
        name as airport_name,
        lat as latitude,
        lon as longitude,
        tzone as time_zone
    from airports

    union all

    select
        airport,
        airport_name,
        latitude,
        longitude,
        time_zone
    from supplement
    where airport not in (select faa from airports)
)

select * from final
