-- A customer has left who orders nothing for 90 days.
with spine as (
    select * from {{ ref('churn__spine') }}
),

purchases as (
    select * from {{ ref('purchases') }}
),

final as (
    select
        spine.customer_id,
        spine.as_of,
        case when count(purchases.order_number) = 0 then 1 else 0 end as has_left,
        spine.as_of + interval '90 days' as matured_at
    from spine
    left join purchases
        on spine.customer_id = purchases.customer_id
        and spine.as_of <= purchases.invoiced_at
        and purchases.invoiced_at < spine.as_of + interval '90 days'
    group by spine.customer_id, spine.as_of
)

select * from final
