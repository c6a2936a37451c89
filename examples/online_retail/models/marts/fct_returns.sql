-- Goods that came back and were paid back. Which order they came from is not recorded.
with lines as (
    select * from {{ ref('stg_shop__lines') }}
),

final as (
    select
        line_id,
        invoice_number as credit_note_number,
        customer_id,
        country,
        stock_code,
        -quantity as n_pieces,
        -line_value as refund,
        invoiced_at as returned_at
    from lines
    where line_kind = 'goods' and quantity < 0 and unit_price > 0
)

select * from final
