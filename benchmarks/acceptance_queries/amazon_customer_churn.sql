with asked as (
    select * from amazon_customer
),

instants as (
    select distinct as_of from asked
),

product_ratings as (
    select
        instants.as_of,
        review.product_id,
        avg(review.rating) as rating,
        stddev(review.rating) as rating_std
    from instants
    left join review on instants.as_of >= review.review_time
    group by all
),

products as (
    select
        product.product_id,
        product_ratings.as_of,
        product.price,
        product.title,
        product.category[-1] as category,
        product_ratings.rating,
        product_ratings.rating_std
    from product
    left join product_ratings on product.product_id = product_ratings.product_id
),

totals as (
    select
        asked.customer_id,
        asked.as_of,
        max(date_diff('weeks', review.review_time, asked.as_of)) as weeks_since_first,
        min(date_diff('weeks', review.review_time, asked.as_of)) as weeks_since_last,
        count(*) as reviews,
        sum(review.rating) as sum_rating,
        avg(length(review.review_text)) as mean_length,
        arg_max(review.summary, review.review_time) as last_summary,
        arg_max(products.category, review.review_time) as last_category,
        arg_max(review.verified, (review.review_time, review.review_id)) as last_verified,
        avg(review.verified::int) as verified_share,
        {% for f in ['avg', 'stddev', 'min', 'max'] %}
            {{ f }}(review.rating) as {{ f }}_rating,
        {% endfor %}
        {% for f in ['avg', 'sum', 'stddev', 'min', 'max'] %}
            {{ f }}(products.rating) as {{ f }}_product_rating,
            {{ f }}(products.price) as {{ f }}_product_price,
        {% endfor %}
        mode(products.category) as usual_category,
        avg((review.rating - products.rating) / products.rating_std) as bias
    from asked
    left join review on asked.customer_id = review.customer_id and asked.as_of >= review.review_time
    left join products on review.product_id = products.product_id and asked.as_of = products.as_of
    group by asked.customer_id, asked.as_of
),

{% for name, from, to in [('recent', 0, 6), ('before', 6, 12)] %}
    {{ name }} as (
        select
            asked.customer_id,
            asked.as_of,
            count(*) as reviews,
            avg(review.rating) as rating,
            avg(products.price) as price,
            avg((review.rating - products.rating) / products.rating_std) as bias
        from asked
        left join review
            on asked.customer_id = review.customer_id
            and (asked.as_of - interval '{{ from }} months') >= review.review_time
            and (asked.as_of - interval '{{ to }} months') < review.review_time
        left join products on review.product_id = products.product_id and asked.as_of = products.as_of
        group by asked.customer_id, asked.as_of
    ),
{% endfor %}

trends as (
    select
        asked.customer_id,
        asked.as_of,
        {% for c in ['reviews', 'rating', 'price', 'bias'] %}
            (recent.{{ c }} - before.{{ c }}) / coalesce(before.{{ c }}, 1e-1) as {{ c }}_trend,
        {% endfor %}
        greatest(recent.reviews, before.reviews) as most_reviews
    from asked
    left join recent on asked.customer_id = recent.customer_id and asked.as_of = recent.as_of
    left join before on asked.customer_id = before.customer_id and asked.as_of = before.as_of
)

select
    asked.customer_id,
    asked.as_of,
    totals.* exclude (customer_id, as_of),
    trends.* exclude (customer_id, as_of)
from asked
left join totals on asked.customer_id = totals.customer_id and asked.as_of = totals.as_of
left join trends on asked.customer_id = trends.customer_id and asked.as_of = trends.as_of
