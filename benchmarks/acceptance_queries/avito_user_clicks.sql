with asked as (
    select * from avito_user
),

searches as (
    select
        asked.user_id,
        asked.as_of,
        count(distinct s.search_id) as searches,
        sum(case when s.is_user_logged_on = 1 then 1 else 0 end) as logged_on,
        max(case when s.search_query is not null then 1 else 0 end) as ever_typed,
        coalesce(bool_or(s.category_id = 24), false) as looked_for_flats,
        count(s.search_query is null or null) as browsed,
        min(date_diff('hour', s.search_date, asked.as_of)) as hours_since_search,
        count(distinct s.location_id) as places,
        count(distinct date_trunc('day', s.search_date)) as days_active,
        last(s.category_id order by s.search_date, s.search_id) as last_category
    from asked
    left join search_info as s on asked.user_id = s.user_id and s.search_date <= asked.as_of
    group by all
),

shown as (
    select
        asked.user_id,
        asked.as_of,
        {% for days in [1, 4, 30] %}
            count(case when date_diff('day', ss.search_date, asked.as_of) < {{ days }} then ss.id end) as shown_{{ days }}d,
            sum(case when date_diff('day', ss.search_date, asked.as_of) < {{ days }} then ss.is_click else 0 end) as clicks_{{ days }}d,
            avg(case when date_diff('day', ss.search_date, asked.as_of) < {{ days }} then ss.position end) as position_{{ days }}d,
            avg(case when date_diff('day', ss.search_date, asked.as_of) < {{ days }} then ss.hist_ctr end) as ctr_{{ days }}d,
            max(case when date_diff('day', ss.search_date, asked.as_of) < {{ days }} then ads_info.price end) as top_price_{{ days }}d,
        {% endfor %}
        avg(ss.is_click) as click_rate,
        avg(ads_info.price) as price,
        count(distinct ads_info.category_id) as categories,
        sum(ss.is_click) filter (where ads_info.is_context) as context_clicks
    from asked
    left join search_info as s on asked.user_id = s.user_id and s.search_date <= asked.as_of
    left join search_stream as ss on s.search_id = ss.search_id and ss.search_date <= asked.as_of
    left join ads_info on ss.ad_id = ads_info.ad_id
    group by asked.user_id, asked.as_of
),

{% for name, relation, time in [('visit', 'visit_stream', 'view_date'), ('phone', 'phone_requests', 'phone_request_date')] %}
    {{ name }}s as (
        select
            asked.user_id,
            asked.as_of,
            count(e.ad_id) as {{ name }}s,
            count(distinct e.ad_id) as {{ name }}_ads,
            min(date_diff('hour', e.{{ time }}, asked.as_of)) as hours_since_{{ name }},
            avg(ads_info.price) as {{ name }}_price,
            arg_max(ads_info.category_id, e.{{ time }}) as last_{{ name }}_category,
            count(distinct e.ad_id) filter (where e.{{ time }} > asked.as_of - interval '4 days') as {{ name }}_ads_4d
        from asked
        left join {{ relation }} as e
            on asked.user_id = e.user_id and date_diff('minute', e.{{ time }}, asked.as_of) between 1 and 43200
        left join ads_info on e.ad_id = ads_info.ad_id
        group by all
    ),
{% endfor %}

device as (
    select asked.user_id, asked.as_of, user_info.* exclude (user_id)
    from asked
    left join user_info on asked.user_id = user_info.user_id
)

select
    asked.user_id,
    asked.as_of,
    {% for part in ['device', 'searches', 'shown', 'visits', 'phones'] %}
        {{ part }}.* exclude (user_id, as_of){% if not loop.last %},{% endif %}
    {% endfor %}
from asked
{% for part in ['device', 'searches', 'shown', 'visits', 'phones'] %}
    left join {{ part }} on asked.user_id = {{ part }}.user_id and asked.as_of = {{ part }}.as_of
{% endfor %}
