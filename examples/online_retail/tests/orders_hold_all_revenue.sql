-- No line is lost or counted twice on the way from lines to orders and customers.
with lines as (
    select sum(line_value) as revenue from {{ ref('fct_order_lines') }}
),

orders as (
    select sum(revenue) as revenue from {{ ref('fct_orders') }}
),

named_orders as (
    select sum(revenue) as revenue from {{ ref('fct_orders') }}
    where customer_id is not null
),

customers as (
    select sum(revenue) as revenue from {{ ref('dim_customers') }}
)

select
    lines.revenue as of_lines,
    orders.revenue as of_orders,
    named_orders.revenue as of_named_orders,
    customers.revenue as of_customers
from lines
cross join orders
cross join named_orders
cross join customers
where lines.revenue <> orders.revenue or named_orders.revenue <> customers.revenue
