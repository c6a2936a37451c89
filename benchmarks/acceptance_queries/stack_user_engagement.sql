with asked as materialized (
    select * from stack_user
),

badge_share as (
    select name, count(*) / (sum(count(*)) over ()) as share
    from badges
    group by name
),

badge_totals as (
    select
        asked.user_id,
        asked.as_of,
        coalesce(count(distinct badges.id), 0) as badges,
        coalesce(sum(case when badges.class = 1 then 1 else 0 end), 0) as gold_badges,
        coalesce(sum(log(1 / badge_share.share)), 0) as badge_rarity
    from asked
    left join badges on asked.user_id = badges.userid and asked.as_of >= badges.date
    left join badge_share on badges.name = badge_share.name
    group by all
),

profile as (
    select
        asked.user_id,
        asked.as_of,
        date_diff('month', users.creationdate, asked.as_of) as account_months,
        (users.displayname is null) as no_name,
        (users.websiteurl is null) as no_website,
        (users.location is null) as no_location,
        coalesce(len(string_split(users.aboutme, ' ')), 0) as about_words
    from asked
    left join users on asked.user_id = users.id
),

comments_written as (
    select
        asked.user_id,
        asked.as_of,
        min(date_diff('week', comments.creationdate, asked.as_of)) as weeks_since_comment,
        count(distinct comments.id) as comments_written,
        count(distinct comments.postid) as posts_commented,
        avg(coalesce(len(string_split(comments.text, ' ')), 0)) as comment_words
    from asked
    left join comments on asked.user_id = comments.userid and asked.as_of >= comments.creationdate
    group by all
),

own_posts as (
    select asked.user_id, asked.as_of, posts.id as post_id
    from asked
    left join posts on asked.user_id = posts.owneruserid and asked.as_of >= posts.creationdate
),

votes_received as (
    select
        own_posts.user_id,
        own_posts.as_of,
        own_posts.post_id,
        count(case when votes.votetypeid in (1, 2, 5, 8, 16) then 1 end) as ups,
        count(case when votes.votetypeid in (3, 4, 6, 10, 12) then 1 end) as downs
    from own_posts
    left join votes on own_posts.post_id = votes.postid and own_posts.as_of >= votes.creationdate
    group by all
),

comments_received as (
    select
        own_posts.post_id,
        own_posts.user_id,
        own_posts.as_of,
        count(distinct comments.id) as comments,
        avg(coalesce(len(string_split(comments.text, ' ')), 0)) as words,
        count(distinct comments.userid) as people,
        avg(coalesce(badge_totals.badges, 0)) as their_badges
    from own_posts
    left join comments on own_posts.post_id = comments.postid and own_posts.as_of >= comments.creationdate
    left join badge_totals on comments.userid = badge_totals.user_id and own_posts.as_of = badge_totals.as_of
    group by all
),

accepted as (
    select distinct acceptedanswerid as answer_id
    from posts
    where acceptedanswerid is not null
),

told as (
    select
        own_posts.post_id,
        own_posts.user_id,
        own_posts.as_of,
        posts.creationdate as written_at,
        row_number() over (
            partition by own_posts.user_id, own_posts.as_of, posts.posttypeid
            order by posts.creationdate desc, own_posts.post_id
        ) as nth,
        posts.posttypeid as post_type,
        (posts.acceptedanswerid is not null) as has_answer,
        (accepted.answer_id is not null) as is_answer,
        coalesce(len(string_split(trim(posts.tags, '<>'), '><')), 0) as tags,
        len(string_split(posts.title, ' ')) as title_words,
        len(string_split(posts.body, ' ')) as body_words,
        coalesce(votes_received.ups, 0) as ups,
        coalesce(votes_received.downs, 0) as downs,
        coalesce(comments_received.comments, 0) as comments,
        coalesce(comments_received.words, 0) as words,
        coalesce(comments_received.people, 0) as people,
        comments_received.their_badges
    from own_posts
    left join posts on own_posts.post_id = posts.id
    left join accepted on own_posts.post_id = accepted.answer_id
    left join votes_received
        on own_posts.post_id = votes_received.post_id
        and own_posts.user_id = votes_received.user_id
        and own_posts.as_of = votes_received.as_of
    left join comments_received
        on own_posts.post_id = comments_received.post_id
        and own_posts.user_id = comments_received.user_id
        and own_posts.as_of = comments_received.as_of
),

last_question as (
    select *, date_diff('week', written_at, as_of) as weeks_ago
    from told
    where post_type = 1 and nth = 1
),

last_answer as (
    select *, date_diff('week', written_at, as_of) as weeks_ago
    from told
    where post_type = 2 and nth = 1
),

{% for kind, number in [('question', 1), ('answer', 2)] %}
    {{ kind }}s_half_year as (
        select
            user_id,
            as_of,
            count(*) as {{ kind }}s,
            avg({{ 'has' if number == 1 else 'is' }}_answer::int) as {{ kind }}s_accepted,
            avg(tags) as tags,
            avg(body_words) as body_words,
            avg(ups) as ups,
            avg(downs) as downs,
            avg(comments) as comments,
            avg(words) as words,
            avg(people) as people,
            avg(their_badges) as their_badges
        from told
        where date_diff('month', written_at, as_of) <= 6 and post_type = {{ number }}
        group by all
    ),
{% endfor %}

final as (
    select
        asked.user_id,
        asked.as_of,
        profile.* exclude (user_id, as_of),
        badge_totals.badges,
        badge_totals.gold_badges,
        badge_totals.badge_rarity,
        comments_written.* exclude (user_id, as_of),
        {% for kind in ['question', 'answer'] %}
            {% for c in ['weeks_ago', 'tags', 'title_words', 'body_words', 'ups', 'downs', 'comments', 'words', 'people', 'their_badges'] %}
                last_{{ kind }}.{{ c }} as last_{{ kind }}_{{ c }},
            {% endfor %}
            {{ kind }}s_half_year.{{ kind }}s,
            {{ kind }}s_half_year.{{ kind }}s_accepted,
            {% for c in ['tags', 'body_words', 'ups', 'downs', 'comments', 'words', 'people', 'their_badges'] %}
                {{ kind }}s_half_year.{{ c }} as {{ kind }}s_half_year_{{ c }},
            {% endfor %}
        {% endfor %}
        last_question.has_answer as last_question_has_answer
    from asked
    {% for part in ['profile', 'badge_totals', 'comments_written', 'last_question', 'last_answer', 'questions_half_year', 'answers_half_year'] %}
        left join {{ part }} on asked.user_id = {{ part }}.user_id and asked.as_of = {{ part }}.as_of
    {% endfor %}
)

select * from final
