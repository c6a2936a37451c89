-- Customers who had ordered in the year before the first of a month. The first three months only fill the windows.
with months as (
    select month as as_of
    from generate_series(
        timestamp '2010-03-01',
        {{ insitu.timestamp_literal(insitu.newest_as_of()) }},
        interval '1 month'
    ) as months (month)
),

purchases as (
    select * from {{ ref('purchases') }}
    where customer_id is not null
),

final as (
    select distinct
        purchases.customer_id,
        months.as_of
    from months
    inner join purchases
        on purchases.invoiced_at < months.as_of
        and purchases.invoiced_at >= months.as_of - interval '365 days'
)

select * from final
