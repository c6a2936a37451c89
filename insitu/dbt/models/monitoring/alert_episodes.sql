{%- do insitu.overall_model('monitoring') -%}
{%- do insitu.check_mutes() -%}

with history as (
    select * from {{ ref('alert_history') }}
),

mutes as (
    select * from {{ ref('alert_mutes') }}
),

limits as (
    {{ insitu.limits_of_use_cases(['quiet_days']) | indent(4) }}
),

owners as (
    {% for use_case in insitu.use_cases() -%}
    {%- set owner = insitu.alert_owner(use_case) -%}
    select '{{ use_case }}' as use_case, cast({{ insitu.text_literal(owner | string) if owner is not none else 'null' }} as {{ dbt.type_string() }}) as owner
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- What was said of a moment counts until something is said of the same moment or of one before it.
replaced as (
    select
        use_case,
        saying,
        said_as_of,
        min(said_as_of) over (
            partition by use_case order by saying desc rows between unbounded preceding and 1 preceding
        ) as said_again_from
    from (select distinct use_case, saying, said_as_of from history) as sayings
),

sayings as (
    select
        replaced.use_case,
        replaced.saying,
        replaced.said_as_of,
        row_number() over (partition by replaced.use_case order by replaced.saying) as place,
        max(replaced.said_as_of) over (partition by replaced.use_case) as now,
        limits.quiet_days * 86400 as quiet_seconds
    from replaced
    inner join limits on replaced.use_case = limits.use_case
    where replaced.said_again_from is null or replaced.said_as_of < replaced.said_again_from
),

sightings as (
    select
        history.*,
        sayings.place,
        sayings.now,
        sayings.quiet_seconds,
        lead(sayings.place) over (
            partition by history.use_case, history.alert, history.subject order by sayings.place
        ) as next_place
    from history
    inner join sayings on history.use_case = sayings.use_case and history.saying = sayings.saying
    where history.alert is not null
),

-- the moments at which an alert had been quiet for long enough
quiet as (
    select
        sightings.use_case,
        sightings.alert,
        sightings.subject,
        sightings.place,
        min(sayings.said_as_of) as resolved_at
    from sightings
    inner join sayings
        on sightings.use_case = sayings.use_case
        and sayings.place > sightings.place
        and (sightings.next_place is null or sayings.place < sightings.next_place)
        and {{ insitu.seconds_between('sightings.said_as_of', 'sayings.said_as_of') }} >= sightings.quiet_seconds
    where sightings.next_place is null or sightings.next_place > sightings.place + 1
    group by sightings.use_case, sightings.alert, sightings.subject, sightings.place
),

numbered as (
    select
        sightings.*,
        quiet.resolved_at,
        count(quiet.resolved_at) over (
            partition by sightings.use_case, sightings.alert, sightings.subject
            order by sightings.place rows between unbounded preceding and current row
        ) - case when quiet.resolved_at is null then 0 else 1 end as episode
    from sightings
    left join quiet
        on sightings.use_case = quiet.use_case
        and sightings.alert = quiet.alert
        and sightings.subject = quiet.subject
        and sightings.place = quiet.place
),

ordered as (
    select
        *,
        row_number() over (partition by use_case, alert, subject, episode order by place) as from_first,
        row_number() over (partition by use_case, alert, subject, episode order by place desc) as from_last
    from numbered
),

episodes as (
    select
        use_case,
        alert,
        subject,
        min(said_as_of) as opened_at,
        max(said_as_of) as last_seen_at,
        max(resolved_at) as resolved_at,
        count(*) as n_seen,
        max(now) as now,
        max(case when from_last = 1 then severity end) as severity,
        max(case when from_first = 1 then message end) as first_message,
        max(case when from_last = 1 then message end) as last_message,
        max(case when from_last = 1 then value end) as value,
        max(case when from_last = 1 then limit_value end) as limit_value,
        max(case when from_last = 1 then cause end) as cause
    from ordered
    group by use_case, alert, subject, episode
),

-- A mute goes before an acknowledgement, and what lasts longer before what ends earlier.
matched as (
    select
        episodes.use_case,
        episodes.alert,
        episodes.subject,
        episodes.opened_at,
        mutes.kind,
        mutes.reason,
        mutes.effective_from,
        mutes.effective_until,
        case when mutes.effective_from <= episodes.now and episodes.now < mutes.effective_until then 1 else 0 end as holds,
        row_number() over (
            partition by episodes.use_case, episodes.alert, episodes.subject, episodes.opened_at
            order by
                case when mutes.effective_from <= episodes.now and episodes.now < mutes.effective_until then 0 else 1 end,
                mutes.kind desc,
                mutes.effective_until desc,
                mutes.effective_from,
                mutes.reason
        ) as preference,
        max(case when mutes.effective_until <= episodes.now then mutes.effective_until end) over (
            partition by episodes.use_case, episodes.alert, episodes.subject, episodes.opened_at
        ) as ended_at
    from episodes
    inner join mutes
        on {{ insitu.matches_pattern('episodes.use_case', 'mutes.use_case') }}
        and {{ insitu.matches_pattern('episodes.alert', 'mutes.alert') }}
        and {{ insitu.matches_pattern('episodes.subject', 'mutes.subject') }}
        and mutes.kind in ('mute', 'acknowledge')
        and mutes.effective_until > mutes.effective_from
    where episodes.resolved_at is null
),

states as (
    select
        episodes.*,
        owners.owner,
        case
            when episodes.resolved_at is not null then 'resolved'
            when matched.holds = 1 and matched.kind = 'mute' then 'muted'
            when matched.holds = 1 then 'acknowledged'
            when episodes.opened_at = episodes.now then 'opened'
            else 'still_open'
        end as state,
        case when matched.holds = 1 then matched.effective_from else matched.ended_at end as handled_at,
        case when matched.holds = 1 then matched.effective_until end as handled_until,
        case when matched.holds = 1 then matched.reason end as handled_reason
    from episodes
    left join owners on episodes.use_case = owners.use_case
    left join matched
        on episodes.use_case = matched.use_case
        and episodes.alert = matched.alert
        and episodes.subject = matched.subject
        and episodes.opened_at = matched.opened_at
        and matched.preference = 1
),

final as (
    select
        substr(
            md5(use_case || '|' || alert || '|' || cast(opened_at as {{ dbt.type_string() }}) || '|' || subject), 1, 16
        ) as episode_id,
        use_case,
        alert,
        subject,
        cause,
        state,
        coalesce(resolved_at, greatest(opened_at, coalesce(handled_at, opened_at))) as state_since,
        severity,
        owner,
        opened_at,
        last_seen_at,
        resolved_at,
        n_seen,
        first_message,
        last_message,
        value,
        limit_value,
        handled_reason,
        handled_until,
        {{ insitu.alert_query() | indent(8) }} as query,
        now as as_of
    from states
)

select * from final
