-- Goods that were sold. Free gifts (price 0) are left out.
with lines as (
    select * from {{ ref('stg_shop__lines') }}
),

final as (
    select
        line_id,
        invoice_number as order_number,
        customer_id,
        country,
        stock_code,
        quantity,
        unit_price,
        line_value,
        invoiced_at
    from lines
    where line_kind = 'goods' and quantity > 0 and unit_price > 0
)

select * from final
