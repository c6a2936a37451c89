with planes as (
    select * from {{ source('nycflights', 'planes') }}
),

final as (
    select
        tailnum as tail_number,
        year as built_year,
        manufacturer,
        model,
        engines,
        seats,
        engine as engine_type
    from planes
)

select * from final
