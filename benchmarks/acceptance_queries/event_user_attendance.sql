with asked as materialized (
    select * from event_user
),

friends as (
    select user_friends.user as user_id, count(distinct user_friends.friend) as friends
    from user_friends
    group by user_friends.user
),

profile as (
    select
        asked.user_id,
        asked.as_of,
        app_users.locale,
        date_part('year', asked.as_of) - app_users.birthyear as age,
        app_users.gender,
        date_diff('day', app_users.joinedat, asked.as_of) as days_on_app,
        app_users.location,
        app_users.timezone,
        friends.friends
    from asked
    left join app_users on asked.user_id = app_users.user_id
    left join friends on asked.user_id = friends.user_id
),

attendance as materialized (
    select
        a.user_id,
        a.start_time as moment,
        {% for status in ['invited', 'yes', 'no', 'maybe'] %}
            count(case when a.status == '{{ status }}' then a.status end) over month as {{ status }},
        {% endfor %}
        avg(date_part('hour', a.start_time)) over month as mean_hour,
        max(date_part('dow', a.start_time)) over month as latest_weekday
    from event_attendees as a
    window month as (
        partition by a.user_id order by a.start_time asc range between interval '1 month' preceding and current row
    )
),

interest as materialized (
    select
        i.user as user_id,
        i.timestamp as moment,
        sum(i.invited) over month as invites,
        sum(i.interested) over month as interested,
        sum(i.not_interested) over month as not_interested,
        sum((i.invited::bool and i.interested::bool)::int) over month as invited_and_interested,
        sum((i.invited::bool and i.not_interested::bool)::int) over month as invited_and_not
    from event_interest as i
    window month as (
        partition by i.user order by i.timestamp asc range between interval '1 month' preceding and current row
    )
)

select
    asked.user_id,
    asked.as_of,
    profile.* exclude (user_id, as_of),
    {% for i in [1, 2, 3, 4, 5, 6] %}
        past_{{ i }}_attended.* exclude (user_id, moment) rename (
            invited as past_{{ i }}_invited, yes as past_{{ i }}_yes, no as past_{{ i }}_no, maybe as past_{{ i }}_maybe,
            mean_hour as past_{{ i }}_mean_hour, latest_weekday as past_{{ i }}_latest_weekday
        ),
        {% for c in ['invites', 'interested', 'not_interested', 'invited_and_interested', 'invited_and_not'] %}
            past_{{ i }}_interest.{{ c }} as past_{{ i }}_{{ c }}{% if not loop.last %},{% endif %}
        {% endfor %}{% if not loop.last %},{% endif %}
    {% endfor %}
from asked
left join profile on asked.user_id = profile.user_id and asked.as_of = profile.as_of
{% for i in [1, 2, 3, 4, 5, 6] %}
    asof left join attendance as past_{{ i }}_attended
        on asked.user_id = past_{{ i }}_attended.user_id
        and asked.as_of - interval '{{ i - 1 }} month' >= past_{{ i }}_attended.moment
    asof left join interest as past_{{ i }}_interest
        on asked.user_id = past_{{ i }}_interest.user_id
        and asked.as_of - interval '{{ i - 1 }} month' >= past_{{ i }}_interest.moment
{% endfor %}
