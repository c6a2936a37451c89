-- Lines of an order are written one by one: what was written in the same minute became known together.
with order_lines as (
    select * from {{ ref('fct_order_lines') }}
),

final as (
    select
        order_number,
        customer_id,
        invoiced_at,
        count(*) as n_lines,
        {{ pounds('sum(line_value)') }} as revenue
    from order_lines
    where customer_id is not null
    group by order_number, customer_id, invoiced_at
)

select * from final
