-- Writing an invoice takes up to nine minutes; the order is whole with its last line.
with lines as (
    select * from {{ ref('fct_order_lines') }}
),

final as (
    select
        order_number,
        customer_id,
        country,
        max(invoiced_at) as ordered_at,
        count(*) as n_lines,
        count(distinct stock_code) as n_articles,
        sum(quantity) as n_pieces,
        {{ pounds('sum(line_value)') }} as revenue
    from lines
    group by order_number, customer_id, country
)

select * from final
