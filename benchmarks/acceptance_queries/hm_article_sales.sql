with asked as materialized (
    select * from hm_article
),

customer_history as materialized (
    select
        t.customer_id,
        t.t_dat,
        (sum(t.price) over quarter) / 3 as monthly_amount,
        (count(*) over quarter) / 3 as monthly_purchases,
        date_diff(
            'week', lag(t.t_dat, 1) over (partition by t.customer_id order by t.t_dat asc), t.t_dat
        ) as weeks_since_purchase
    from transactions as t
    window quarter as (
        partition by t.customer_id order by t.t_dat asc range between interval '3 month' preceding and current row
    )
),

{% for w in [1, 2, 3, 4, 5] %}
    week_{{ w }} as (
        select
            asked.article_id,
            asked.as_of,
            count(*) as sales_week_{{ w }},
            sum(t.price) as amount_week_{{ w }},
            avg(t.price) as price_week_{{ w }},
            count(distinct t.customer_id) as customers_week_{{ w }},
            avg(customer.age) as buyer_age_week_{{ w }},
            avg(customer_history.monthly_amount) as buyer_amount_week_{{ w }},
            avg(customer_history.monthly_purchases) as buyer_purchases_week_{{ w }},
            avg(customer_history.weeks_since_purchase) as buyer_pause_week_{{ w }}
        from asked
        left join transactions as t
            on asked.article_id = t.article_id
            and asked.as_of - interval '{{ w - 1 }} weeks' >= t.t_dat
            and asked.as_of - interval '{{ w }} weeks' < t.t_dat
        left join customer on t.customer_id = customer.customer_id
        asof left join customer_history
            on t.customer_id = customer_history.customer_id and asked.as_of >= customer_history.t_dat
        group by asked.article_id, asked.as_of
    ){% if not loop.last %},{% endif %}
{% endfor %}

select
    asked.article_id,
    asked.as_of,
    date_part('week', asked.as_of) as week_of_year,
    quarter(asked.as_of) as quarter_of_year,
    date_diff('day', asked.as_of, last_day(asked.as_of)) as days_left_in_month,
    article.department_no,
    article.section_no,
    article.perceived_colour_master_id,
    {% for w in [1, 2, 3, 4, 5] %}
        week_{{ w }}.* exclude (article_id, as_of){% if not loop.last %},{% endif %}
    {% endfor %}
from asked
left join article on asked.article_id = article.article_id
{% for w in [1, 2, 3, 4, 5] %}
    left join week_{{ w }} on asked.article_id = week_{{ w }}.article_id and asked.as_of = week_{{ w }}.as_of
{% endfor %}
