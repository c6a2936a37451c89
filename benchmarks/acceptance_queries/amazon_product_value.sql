with asked as materialized (
    select * from amazon_product
),

instants as (
    select distinct as_of from asked
),

reviewers as (
    select
        instants.as_of,
        review.customer_id,
        count(*) as reviews,
        sum(product.price) as spent,
        avg(product.price) as price,
        avg(review.rating) as rating,
        stddev(review.rating) as rating_std
    from instants
    left join review on instants.as_of >= review.review_time
    left join product on review.product_id = product.product_id
    group by all
),

{% for from, to in [(0, 3), (3, 6), (6, 9)] %}
    window_{{ from }}_{{ to }} as (
        select
            asked.product_id,
            asked.as_of,
            count(*) as reviews_{{ from }}_{{ to }},
            sum(review.rating) as sum_rating_{{ from }}_{{ to }},
            avg(review.rating) as mean_rating_{{ from }}_{{ to }},
            stddev(review.rating) as std_rating_{{ from }}_{{ to }},
            min(review.rating) as min_rating_{{ from }}_{{ to }},
            max(review.rating) as max_rating_{{ from }}_{{ to }},
            avg(length(review.review_text)) as mean_length_{{ from }}_{{ to }},
            avg(review.verified::int) as verified_{{ from }}_{{ to }},
            (avg(review.rating) - avg(avg(review.rating)) over (partition by asked.as_of))
            / stddev(avg(review.rating)) over (partition by asked.as_of) as bias_{{ from }}_{{ to }},
            avg(reviewers.reviews) as reviewer_reviews_{{ from }}_{{ to }},
            avg(reviewers.spent) as reviewer_spent_{{ from }}_{{ to }},
            avg(reviewers.rating) as reviewer_rating_{{ from }}_{{ to }}
        from asked
        left join review
            on asked.product_id = review.product_id
            and asked.as_of - interval '{{ from }} months' >= review.review_time
            and asked.as_of - interval '{{ to }} months' < review.review_time
        left join reviewers on review.customer_id = reviewers.customer_id and asked.as_of = reviewers.as_of
        group by asked.product_id, asked.as_of
    ),
{% endfor %}

all_time as (
    select
        asked.product_id,
        asked.as_of,
        any_value(product.price) as price,
        any_value(product.category[-1]) as category,
        any_value(product.title) as title,
        max(date_diff('weeks', review.review_time, asked.as_of)) as weeks_since_first,
        median(date_diff('weeks', review.review_time, asked.as_of)) as weeks_since_median,
        min(date_diff('weeks', review.review_time, asked.as_of)) as weeks_since_last,
        count(*) as reviews,
        sum(review.rating) as sum_rating,
        avg(review.rating) as mean_rating,
        stddev(review.rating) as std_rating,
        min(review.rating) as min_rating,
        max(review.rating) as max_rating,
        avg(review.verified::int) as verified,
        avg(length(review.review_text)) as mean_length,
        arg_max(review.summary, review.review_time) as last_summary,
        (mean_rating - avg(mean_rating) over ()) / stddev(mean_rating) over () as bias,
        approx_count_distinct(review.customer_id) as customers
    from asked
    left join product on asked.product_id = product.product_id
    left join review on asked.product_id = review.product_id and asked.as_of >= review.review_time
    group by all
)

select
    asked.product_id,
    asked.as_of,
    all_time.* exclude (product_id, as_of),
    window_0_3.* exclude (product_id, as_of),
    window_3_6.* exclude (product_id, as_of),
    window_6_9.* exclude (product_id, as_of)
from asked
left join all_time on asked.product_id = all_time.product_id and asked.as_of = all_time.as_of
left join window_0_3 on asked.product_id = window_0_3.product_id and asked.as_of = window_0_3.as_of
left join window_3_6 on asked.product_id = window_3_6.product_id and asked.as_of = window_3_6.as_of
left join window_6_9 on asked.product_id = window_6_9.product_id and asked.as_of = window_6_9.as_of
