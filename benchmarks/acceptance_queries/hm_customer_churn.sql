with asked as (
    select * from hm_customer
),

article_history as materialized (
    select
        t.article_id,
        t.t_dat,
        (sum(t.price) over quarter) / 3 as monthly_sales_amount,
        (count(*) over quarter) / 3 as monthly_sales,
        date_diff(
            'days', lag(t.t_dat, 1) over (partition by t.article_id order by t.t_dat asc), t.t_dat
        ) as days_since_sale
    from transactions as t
    window quarter as (
        partition by t.article_id order by t.t_dat asc range between interval '3 month' preceding and current row
    )
),

customer_history as materialized (
    select
        t.customer_id,
        t.t_dat,
        count(*) over ever as purchases,
        sum(t.price) over ever as purchase_amount,
        avg(t.price) over ever as purchase_price,
        count(distinct t.article_id) over ever as articles,
        avg(t.sales_channel_id - 1) over ever as online_share,
        mode(article.department_no) over ever as usual_department
    from transactions as t
    left join article on t.article_id = article.article_id
    window ever as (
        partition by t.customer_id order by t.t_dat asc range between unbounded preceding and current row
    )
),

{% for w in [1, 2, 3, 4, 5] %}
    week_{{ w }} as (
        select
            asked.customer_id,
            asked.as_of,
            count(*) as purchases_week_{{ w }},
            sum(t.price) as amount_week_{{ w }},
            avg(t.price) as price_week_{{ w }},
            count(distinct t.article_id) as articles_week_{{ w }},
            avg(t.sales_channel_id - 1) as online_share_week_{{ w }},
            avg(article_history.monthly_sales_amount) as article_sales_amount_week_{{ w }},
            avg(article_history.monthly_sales) as article_sales_week_{{ w }},
            mode(article.department_no) as usual_department_week_{{ w }},
            max(article.section_no) as top_section_week_{{ w }}
        from asked
        left join transactions as t
            on asked.customer_id = t.customer_id
            and asked.as_of - interval '{{ w - 1 }} weeks' >= t.t_dat
            and asked.as_of - interval '{{ w }} weeks' < t.t_dat
        left join article on t.article_id = article.article_id
        asof left join article_history
            on t.article_id = article_history.article_id and asked.as_of >= article_history.t_dat
        group by asked.customer_id, asked.as_of
    ){% if not loop.last %},{% endif %}
{% endfor %}

select
    asked.customer_id,
    asked.as_of,
    date_part('week', asked.as_of) as week_of_year,
    date_part('month', asked.as_of) as month_of_year,
    date_part('day', asked.as_of) as day_of_month,
    customer.age,
    (customer.fn is not null)::int as has_news,
    (customer.active is not null)::int as is_active,
    customer.club_member_status,
    customer.fashion_news_frequency,
    ever.* exclude (customer_id, t_dat),
    {% for w in [1, 2, 3, 4, 5] %}
        week_{{ w }}.* exclude (customer_id, as_of){% if not loop.last %},{% endif %}
    {% endfor %}
from asked
left join customer on asked.customer_id = customer.customer_id
asof left join customer_history as ever on asked.customer_id = ever.customer_id and asked.as_of >= ever.t_dat
{% for w in [1, 2, 3, 4, 5] %}
    left join week_{{ w }} on asked.customer_id = week_{{ w }}.customer_id and asked.as_of = week_{{ w }}.as_of
{% endfor %}
