with asked as materialized (
    select * from stack_post
),

at_creation as (
    select
        postid,
        any_value(case when posthistorytypeid = 1 then text end) as title,
        any_value(case when posthistorytypeid = 2 then text end) as body
    from posthistory
    where posthistorytypeid in (1, 2, 3)
    group by postid
),

changes as (
    select
        asked.post_id,
        asked.as_of,
        {% for number, what in [(10, 'closed'), (11, 'reopened'), (12, 'deleted'), (13, 'undeleted'), (14, 'locked'), (15, 'unlocked'), (25, 'tweeted'), (50, 'bumped')] %}
            min(date_diff(
                'week', case when posthistory.posthistorytypeid = {{ number }} then posthistory.creationdate end, asked.as_of
            )) as {{ what }}_weeks_ago,
        {% endfor %}
        count(distinct posthistory.userid) as editors
    from asked
    left join posthistory on asked.post_id = posthistory.postid and asked.as_of >= posthistory.creationdate
    where posthistory.posthistorytypeid in (10, 11, 12, 13, 14, 15, 25, 50)
    group by all
),

nth_post as (
    select id as post_id, row_number() over (partition by owneruserid order by creationdate asc, id) as nth
    from posts
),

vote_totals as (
    select
        asked.post_id,
        asked.as_of,
        count(votes.id) as votes,
        sum(case when votes.votetypeid = 2 then 1 else 0 end) as ups,
        sum(case when date_diff('day', votes.creationdate, asked.as_of) <= 30 then 1 else 0 end) as votes_month
    from asked
    left join votes on asked.post_id = votes.postid and asked.as_of >= votes.creationdate
    group by all
),

first_month_votes as (
    select votes.postid, count(*) as ups
    from votes
    left join posts on votes.postid = posts.id
    where votes.votetypeid = 2 and date_diff('day', posts.creationdate, votes.creationdate) <= 30
    group by votes.postid
),

first_month_comments as (
    select comments.postid, count(*) as comments
    from comments
    left join posts on comments.postid = posts.id
    where date_diff('day', posts.creationdate, comments.creationdate) <= 30
    group by comments.postid
),

owners as (
    select asked.as_of, posts.owneruserid as user_id
    from asked
    left join posts on asked.post_id = posts.id and posts.creationdate <= asked.as_of
    group by all
),

owner_totals as (
    select
        owners.as_of,
        owners.user_id,
        {% for number, kind in [(1, 'question'), (2, 'answer')] %}
            avg(case when earlier.posttypeid = {{ number }} then coalesce(first_month_votes.ups, 0) end) as {{ kind }}_ups,
            avg(case when earlier.posttypeid = {{ number }} then coalesce(first_month_comments.comments, 0) end) as {{ kind }}_comments,
        {% endfor %}
        count(earlier.id) as earlier_posts
    from owners
    left join posts as earlier
        on owners.user_id = earlier.owneruserid and date_diff('day', earlier.creationdate, owners.as_of) > 30
    left join first_month_votes on earlier.id = first_month_votes.postid
    left join first_month_comments on earlier.id = first_month_comments.postid
    group by all
),

final as (
    select
        asked.post_id,
        asked.as_of,
        posts.posttypeid as post_type,
        date_diff('week', posts.creationdate, asked.as_of) as age_weeks,
        coalesce(len(at_creation.title), 0) as title_length,
        coalesce(len(at_creation.body), 0) as body_length,
        coalesce(len(string_split(trim(posts.tags, '<>'), '><')), 0) as tags,
        date_diff('month', users.creationdate, asked.as_of) as owner_months,
        nth_post.nth as owner_nth_post,
        vote_totals.votes,
        vote_totals.ups,
        vote_totals.votes_month,
        changes.* exclude (post_id, as_of),
        owner_totals.* exclude (user_id, as_of)
    from asked
    left join posts on asked.post_id = posts.id and posts.creationdate <= asked.as_of
    left join at_creation on asked.post_id = at_creation.postid
    left join users on posts.owneruserid = users.id
    left join nth_post on posts.id = nth_post.post_id
    left join vote_totals on asked.post_id = vote_totals.post_id and asked.as_of = vote_totals.as_of
    left join changes on asked.post_id = changes.post_id and asked.as_of = changes.as_of
    left join owner_totals on posts.owneruserid = owner_totals.user_id and asked.as_of = owner_totals.as_of
)

select * from final
