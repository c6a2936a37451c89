{%- do insitu.overall_model('monitoring') -%}
{%- set text = dbt.type_string() -%}
{%- set feeds = {} -%}
{%- for use_case in insitu.use_cases_there() -%}{%- do feeds.update({use_case: insitu.feeds_of_features(use_case)}) -%}{%- endfor -%}

with parity as (
    {% for use_case in insitu.use_cases_there() -%}
    select use_case, batch_as_of, feature, n_rows, n_different, differs_after_minutes, is_tolerated
    from {{ insitu.use_case_ref(use_case, 'parity') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

origins as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- for feature, origin in insitu.origins_of_features(use_case).items() -%}
    select '{{ use_case }}' as use_case, {{ insitu.text_literal(feature) }} as feature, {{ insitu.text_literal(origin) }} as origin
    union all
    {% endfor -%}
    {%- endfor -%}
    select
        cast(null as {{ text }}) as use_case,
        cast(null as {{ text }}) as feature,
        cast(null as {{ text }}) as origin
),

differing as (
    select distinct use_case, batch_as_of
    from parity
    where n_different > 0 and not is_tolerated
),

-- What was available before such a batch and arrived after it, where arrivals are recorded.
arrivals as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- for feed in feeds[use_case] -%}
    select
        '{{ use_case }}' as use_case,
        {{ insitu.text_literal(feed.name) }} as feed,
        max({{ insitu.seconds_between(feed.available_at, feed.arrived_at) }}) as seconds_late
    from {{ feed.relation }} as events
    inner join differing
        on differing.use_case = '{{ use_case }}'
        and {{ feed.available_at }} < differing.batch_as_of
        and {{ feed.available_at }} > differing.batch_as_of - interval '{{ insitu.use_case_config(use_case).parity.days }} days'
        and {{ feed.arrived_at }} > differing.batch_as_of
    union all
    {% endfor -%}
    {%- endfor -%}
    select
        cast(null as {{ text }}) as use_case,
        cast(null as {{ text }}) as feed,
        cast(null as double precision) as seconds_late
),

fed as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- for feed in feeds[use_case] -%}
    {%- for feature in feed.features -%}
    select '{{ use_case }}' as use_case, {{ insitu.text_literal(feature) }} as feature, {{ insitu.text_literal(feed.name) }} as feed
    union all
    {% endfor -%}
    {%- endfor -%}
    {%- endfor -%}
    select
        cast(null as {{ text }}) as use_case,
        cast(null as {{ text }}) as feature,
        cast(null as {{ text }}) as feed
),

ranked as (
    select
        fed.use_case,
        fed.feature,
        fed.feed,
        arrivals.seconds_late,
        row_number() over (partition by fed.use_case, fed.feature order by arrivals.seconds_late desc) as place
    from fed
    inner join arrivals on fed.use_case = arrivals.use_case and fed.feed = arrivals.feed
    where arrivals.seconds_late > 0
),

-- A `lag` that would have covered it, in whole minutes or hours.
late as (
    select
        use_case,
        feature,
        feed,
        case
            when seconds_late > 7200 then {{ insitu.count_text('ceil(seconds_late / 3600)') }} || ' hours'
            else {{ insitu.count_text('ceil(seconds_late / 60)') }} || ' minutes'
        end as covering_lag
    from ranked
    where place = 1
),

findings as (
    select
        parity.use_case,
        parity.feature as subject,
        max(parity.batch_as_of) as as_of,
        sum(parity.n_different) as value,
        0 as limit_value,
        sum(parity.n_rows) as n_rows,
        max(parity.differs_after_minutes) as differs_after_minutes,
        coalesce(max(origins.origin), 'a source') as origin,
        max(late.feed) as feed,
        max(late.covering_lag) as covering_lag
    from parity
    left join origins on parity.use_case = origins.use_case and parity.feature = origins.feature
    left join late on parity.use_case = late.use_case and parity.feature = late.feature
    where parity.n_different > 0 and not parity.is_tolerated
    group by parity.use_case, parity.feature
)

select
    {{ insitu.alert_columns('alert_parity') }},
    {{ insitu.count_text('value') }} || ' of ' || {{ insitu.count_text('n_rows') }} || ' rows had another value when they were scored'
    || case
        when differs_after_minutes > 0
            then ', up to ' || {{ insitu.number_text('differs_after_minutes / 60') }} || ' hours after their as-of'
        else ''
    end
    || case
        when covering_lag is not null
            then ': rows of `' || feed || '` arrived up to ' || covering_lag || ' after they were available; a `lag` of '
                || covering_lag || ' covers that'
        when differs_after_minutes > 0
            then ': ' || origin || ' was changed, or comes later than its `lag` declares, which would have to be more than '
                || {{ insitu.number_text('differs_after_minutes / 60') }} || ' hours'
        else ': ' || origin || ' was changed, or comes later than its `lag` declares'
    end as message
from findings
