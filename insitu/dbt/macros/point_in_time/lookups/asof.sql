{#-
    The latest row strictly before as_of; spine rows without one are kept. `unique`: no two `events` of a key and
    moment.
-#}
{% macro render_asof(plan, keys, unique) %}
    {{- return(adapter.dispatch('render_asof', 'insitu')(plan, keys, unique)) -}}
{% endmacro %}

{% macro default__render_asof(plan, keys, unique) -%}
{%- if unique -%}
final as (
    select
        {%- for column in plan.spine_key %}
        spine.{{ insitu.identifier(column) }},
        {%- endfor %}
        spine.as_of
        {%- for column in plan.columns %},
        {%- set value = 'events.' ~ insitu.identifier(column.alias) %}
        {{ insitu.if_fresh(value, 'events.moment', 'spine.as_of', plan) }} as {{ insitu.identifier(column.name) }}
        {%- endfor %}
    from spine
    asof left join events
        on {{ insitu.join_on('spine', 'events', keys) }} and spine.as_of > events.moment
)
{%- else -%}
{{ insitu.asof_with_ties(plan, keys) }}
{%- endif -%}
{%- endmacro %}


{#-
    Of several rows of equal time one is the latest. Only the moments that were met are looked at again for ties, each
    once however many spine rows met it: so neither crowded moments nor crowded spines multiply.
-#}
{% macro asof_with_ties(plan, keys) -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{%- set order = [] -%}
{%- for _ in plan.order_by -%}{%- do order.append('events.tie_' ~ loop.index) -%}{%- endfor -%}
{%- for column in plan.columns -%}{%- do order.append('events.' ~ insitu.identifier(column.alias)) -%}{%- endfor -%}
met as (
    select
        {%- for column in (plan.spine_key + keys) | unique %}
        spine.{{ insitu.identifier(column) }},
        {%- endfor %}
        spine.as_of,
        events.moment
    from spine
    asof left join events
        on {{ insitu.join_on('spine', 'events', keys) }} and spine.as_of > events.moment
),

meetings as (
    select
        {{ key_list }},
        moment,
        as_of,
        row_number() over (partition by {{ key_list }}, moment order by as_of) as meeting
    from met
    where moment is not null
),

ranked as (
    select
        {%- for key in keys %}
        meetings.{{ insitu.identifier(key) }},
        {%- endfor %}
        meetings.moment,
        meetings.as_of
        {%- for column in plan.columns %},
        events.{{ insitu.identifier(column.alias) }}
        {%- endfor %},
        row_number() over (
            partition by {{ insitu.quoted(keys + ['moment', 'as_of'], 'meetings.') | join(', ') }}
            order by {{ order | join(' desc nulls first, ') }} desc nulls first
        ) as from_the_last
    from meetings
    inner join events
        on {{ insitu.join_on('meetings', 'events', keys + ['moment']) }}
    where meetings.meeting = 1
),

latest as (
    select * from ranked where from_the_last = 1
),

-- A moment was first met no later than it was met here.
final as (
    select
        {%- for column in plan.spine_key %}
        met.{{ insitu.identifier(column) }},
        {%- endfor %}
        met.as_of
        {%- for column in plan.columns %},
        {%- set value = 'latest.' ~ insitu.identifier(column.alias) %}
        {{ insitu.if_fresh(value, 'met.moment', 'met.as_of', plan) }} as {{ insitu.identifier(column.name) }}
        {%- endfor %}
    from met
    left join latest
        on {{ insitu.join_on('met', 'latest', keys + ['moment']) }} and latest.as_of <= met.as_of
)
{%- endmacro %}


{#-
    PostgreSQL has no ASOF join, and plans joins of CTEs by guesses. Instead, rows and spine are put on one line of time
    and numbered by the rows met so far: all between two moments have the number of the first. Two sorts, whatever the
    skew.
-#}
{% macro postgres__render_asof(plan, keys, unique) -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{%- set other_columns = plan.spine_key | reject('in', keys) | list -%}
{%- set known_keys, ties = [], [] -%}
{%- for key in keys -%}{%- do known_keys.append(insitu.identifier(key) ~ ' is not null') -%}{%- endfor -%}
{%- for _ in plan.order_by if not unique -%}{%- do ties.append('tie_' ~ loop.index) -%}{%- endfor -%}
timeline as (
    select {{ key_list }}, moment, 1 as is_event, moment as latest_moment
        {%- for column in plan.columns %}, {{ insitu.identifier(column.alias) }} as latest_{{ loop.index }}{% endfor %}
        {%- for tie in ties %}, {{ tie }}{% endfor %}
        {%- for column in other_columns %}, null as {{ insitu.identifier(column) }}{% endfor %}
    from events
    where {{ known_keys | join(' and ') }}
    union all
    select {{ key_list }}, as_of, 0, null
        {%- for _ in plan.columns + ties %}, null{% endfor %}
        {%- for column in other_columns %}, {{ insitu.identifier(column) }}{% endfor %}
    from spine
),

-- At equal times the spine row comes first: a row available at as_of is not before it.
numbered as (
    select
        timeline.*,
        count(latest_moment) over (partition by {{ key_list }} order by moment, is_event) as met
    from timeline
),

carried as (
    select
        {{ insitu.quoted(keys + other_columns) | join(', ') }}, moment as as_of, is_event,
        first_value(latest_moment) over since as latest_moment
        {%- for column in plan.columns %},
        first_value(latest_{{ loop.index }}) over since as latest_{{ loop.index }}
        {%- endfor %}
    from numbered
    -- First by time, then, of rows of equal time, the latest by the declared tiebreak and the values themselves.
    window since as (
        partition by {{ key_list }}, met
        order by moment, is_event, latest_moment
        {%- for tie in ties %}, {{ tie }} desc nulls first{% endfor %}
        {%- for column in plan.columns %}, latest_{{ loop.index }} desc nulls first{% endfor %}
    )
),

final as (
    select
        {%- for column in plan.spine_key %}
        {{ insitu.identifier(column) }},
        {%- endfor %}
        as_of
        {%- for column in plan.columns %},
        {%- set value = insitu.if_fresh('latest_' ~ loop.index, 'latest_moment', 'as_of', plan) %}
        {{ value }} as {{ insitu.identifier(column.name) }}
        {%- endfor %}
    from carried
    where is_event = 0
)
{%- endmacro %}


{#- The value, unless its row is older than `max_age`. -#}
{% macro if_fresh(value, moment, as_of, plan) %}
    {%- if not plan.max_age -%}{{ return(value) }}{%- endif -%}
    {%- set oldest = insitu.minus_duration(as_of, plan.max_age) -%}
    {{ return('case when ' ~ moment ~ ' >= ' ~ oldest ~ ' then ' ~ value ~ ' end') }}
{% endmacro %}
