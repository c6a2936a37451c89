with airlines as (
    select * from {{ source('nycflights', 'airlines') }}
),

final as (
    select
        carrier,
        name as carrier_name
    from airlines
)

select * from final
