-- Says of each line what it is: goods, one of the charges, or a correction of the stock.
with transactions as (
    select * from {{ source('shop', 'transactions') }}
),

charges as (
    select * from {{ ref('charges') }}
),

renamed as (
    select
        line_id,
        invoice as invoice_number,
        customer_id,
        country,
        upper(stock_code) as stock_code,
        trim(description) as description,
        quantity,
        price as unit_price,
        {{ pounds('quantity * price') }} as line_value,
        invoice_ts as invoiced_at
    from transactions
),

final as (
    select
        renamed.line_id,
        renamed.invoice_number,
        renamed.customer_id,
        renamed.country,
        renamed.stock_code,
        case
            when charges.kind is not null then charges.kind
            when named_charges.kind is not null then named_charges.kind
            when renamed.unit_price = 0 and renamed.customer_id is null then 'stock correction'
            else 'goods'
        end as line_kind,
        renamed.quantity,
        renamed.unit_price,
        renamed.line_value,
        renamed.invoiced_at
    from renamed
    left join charges on renamed.stock_code = charges.stock_code
    -- Later returns have no stock code.
    left join charges as named_charges
        on renamed.stock_code is null and renamed.description = named_charges.description
)

select * from final
