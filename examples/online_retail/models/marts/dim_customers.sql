-- What is known of a customer today, over all time.
with orders as (
    select * from {{ ref('fct_orders') }}
    where customer_id is not null
),

returns as (
    select * from {{ ref('fct_returns') }}
    where customer_id is not null
),

ranked as (
    select
        customer_id,
        country,
        row_number() over (partition by customer_id order by ordered_at desc, order_number desc) as recency
    from orders
),

order_totals as (
    select
        customer_id,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        count(*) as n_orders,
        {{ pounds('sum(revenue)') }} as revenue
    from orders
    group by customer_id
),

return_totals as (
    select
        customer_id,
        {{ pounds('sum(refund)') }} as refunded
    from returns
    group by customer_id
),

final as (
    select
        order_totals.customer_id,
        ranked.country,
        order_totals.first_ordered_at,
        order_totals.last_ordered_at,
        order_totals.n_orders,
        order_totals.revenue,
        coalesce(return_totals.refunded, 0) as refunded
    from order_totals
    inner join ranked on order_totals.customer_id = ranked.customer_id and ranked.recency = 1
    left join return_totals on order_totals.customer_id = return_totals.customer_id
)

select * from final
