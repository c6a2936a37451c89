with asked as (
    select * from stack_user
),

badges_each as (
    select
        asked.user_id,
        asked.as_of,
        badges.id,
        badges.name as badge_name,
        badges.class,
        date_diff('week', badges.date, asked.as_of) as age_weeks,
        0.95 ** age_weeks as weight
    from asked
    left join badges
        on asked.user_id = badges.userid and badges.date between (asked.as_of - interval 2 year) and asked.as_of
),

badge_totals as (
    select
        user_id,
        as_of,
        coalesce(count(distinct id), 0) as badges,
        coalesce(max(class), 0) as lowest_class,
        coalesce(avg(class), 0) as mean_class,
        first(badge_name order by age_weeks asc) as last_badge,
        first(class order by age_weeks asc, id) as last_class,
        min(age_weeks) as weeks_since_badge,
        avg(age_weeks) as mean_age_weeks,
        coalesce(sum(weight), 0) as momentum,
        coalesce(bool_or(class = 1), false) as has_gold,
        count(class = 3 or null) as bronze,
        max(case when class = 2 then 1 else 0 end) as has_silver
    from badges_each
    group by user_id, as_of
),

{% for span, days in [('month', 30), ('quarter', 90), ('year', 365)] %}
    {{ span }}_totals as (
        select
            asked.user_id,
            asked.as_of,
            count(distinct posts.id) as posts,
            count(distinct case when posts.posttypeid = 1 then posts.id end) as questions,
            sum(case when posts.posttypeid = 2 then 1 else 0 end) as answers,
            avg(coalesce(len(string_split(posts.body, ' ')), 0)) as body_words,
            max(date_diff('day', posts.creationdate, asked.as_of)) as first_days_ago,
            min(date_diff('day', posts.creationdate, asked.as_of)) as last_days_ago
        from asked
        left join posts
            on posts.owneruserid = asked.user_id
            and date_diff('day', posts.creationdate, asked.as_of) between 1 and {{ days }}
        group by all
    ),
{% endfor %}

comments_written as (
    select
        asked.user_id,
        asked.as_of,
        min(date_diff('week', comments.creationdate, asked.as_of)) as weeks_since_comment,
        count(distinct comments.id) as comments,
        count(distinct comments.postid) as posts_commented,
        avg(coalesce(len(string_split(comments.text, ' ')), 0)) as comment_words
    from asked
    left join comments
        on asked.user_id = comments.userid and asked.as_of - comments.creationdate > interval '0 days'
    group by all
),

profile as (
    select asked.user_id, asked.as_of, date_diff('month', users.creationdate, asked.as_of) as account_months
    from asked
    left join users on asked.user_id = users.id
)

select
    asked.user_id,
    asked.as_of,
    profile.account_months,
    badge_totals.* exclude (user_id, as_of),
    {% for span in ['month', 'quarter', 'year'] %}
        {% for c in ['posts', 'questions', 'answers', 'body_words', 'first_days_ago', 'last_days_ago'] %}
            coalesce({{ span }}_totals.{{ c }}, 0) as {{ span }}_{{ c }},
        {% endfor %}
    {% endfor %}
    comments_written.weeks_since_comment,
    comments_written.comments,
    comments_written.posts_commented,
    comments_written.comment_words
from asked
left join profile on asked.user_id = profile.user_id and asked.as_of = profile.as_of
left join badge_totals on asked.user_id = badge_totals.user_id and asked.as_of = badge_totals.as_of
{% for span in ['month', 'quarter', 'year'] %}
    left join {{ span }}_totals on asked.user_id = {{ span }}_totals.user_id and asked.as_of = {{ span }}_totals.as_of
{% endfor %}
left join comments_written on asked.user_id = comments_written.user_id and asked.as_of = comments_written.as_of
