{%- do insitu.overall_model('monitoring') -%}
{%- set text = dbt.type_string() -%}

with episodes as (
    select * from {{ ref('alert_episodes') }}
    where state in ('opened', 'still_open', 'acknowledged')
),

groups as (
    select
        use_case,
        cause,
        max(owner) as owner,
        count(*) as n_episodes,
        min(opened_at) as opened_at,
        max(last_seen_at) as last_seen_at,
        max(as_of) as as_of,
        min(case when severity = 'error' then 'error' else 'warn' end) as severity,
        min(last_message) as message
    from episodes
    group by use_case, cause
),

kinds as (
    select use_case, cause, alert, count(*) as n
    from episodes
    group by use_case, cause, alert
),

kinds_in_words as (
    select
        use_case,
        cause,
        string_agg(
            replace(substr(alert, 7), '_', ' ') || case when n > 1 then ' of ' || cast(n as {{ text }}) else '' end,
            ', ' order by n desc, alert
        ) as words
    from kinds
    group by use_case, cause
),

subjects as (
    select
        use_case,
        cause,
        subject,
        row_number() over (partition by use_case, cause order by subject) as place,
        count(*) over (partition by use_case, cause) as n
    from (select distinct use_case, cause, subject from episodes) as subjects
),

subjects_in_words as (
    select
        use_case,
        cause,
        string_agg(subject, ', ' order by place) || max(case when n > 3 then ' and ' || cast(n - 3 as {{ text }}) || ' more' else '' end) as words
    from subjects
    where place <= 3
    group by use_case, cause
),

final as (
    select
        groups.use_case,
        groups.cause,
        groups.severity,
        groups.owner,
        groups.n_episodes,
        groups.opened_at,
        groups.last_seen_at,
        groups.cause || ': ' || case
            when groups.n_episodes = 1 then groups.message
            else kinds_in_words.words || ' (' || subjects_in_words.words || ')'
        end as headline,
        groups.as_of
    from groups
    inner join kinds_in_words on groups.use_case = kinds_in_words.use_case and groups.cause = kinds_in_words.cause
    inner join subjects_in_words on groups.use_case = subjects_in_words.use_case and groups.cause = subjects_in_words.cause
)

select * from final
