{#- The latest row strictly before as_of; spine rows without one are kept. -#}
{% macro render_asof(plan, keys) %}{{ return(adapter.dispatch('render_asof')(plan, keys)) }}{% endmacro %}

{% macro default__render_asof(plan, keys) -%}
final as (
    select
        {%- for column in plan.spine_key %}
        spine.{{ column }},
        {%- endfor %}
        spine.as_of
        {%- for column in plan.columns %},
        {{ if_fresh('latest.' ~ column.alias, 'latest.moment', 'spine.as_of', plan) }} as {{ column.name }}
        {%- endfor %}
    from spine
    asof left join latest
        on {% for key in keys %}spine.{{ key }} = latest.{{ key }} and {% endfor %}spine.as_of > latest.moment
)
{%- endmacro %}


{#-
    PostgreSQL has no ASOF join, and plans joins of CTEs by guesses. Instead, rows and spine are put on one line of time
    and numbered by the rows met so far: all between two rows have the number of the first. Two sorts, whatever the skew.
-#}
{% macro postgres__render_asof(plan, keys) -%}
{%- set own = plan.spine_key | reject('in', keys) | list -%}
timeline as (
    select {{ keys | join(', ') }}, moment, 1 as is_event, moment as latest_moment
        {%- for column in plan.columns %}, {{ column.alias }} as latest_{{ loop.index }}{% endfor %}
        {%- for column in own %}, null as {{ column }}{% endfor %}
    from latest
    where {% for key in keys %}{{ key }} is not null{{ ' and ' if not loop.last }}{% endfor %}
    union all
    select {{ keys | join(', ') }}, as_of, 0, null{% for column in plan.columns %}, null{% endfor %}
        {%- for column in own %}, {{ column }}{% endfor %}
    from spine
),

-- At equal times the spine row comes first: a row available at as_of is not before it.
numbered as (
    select
        timeline.*,
        count(latest_moment) over (partition by {{ keys | join(', ') }} order by moment, is_event) as met
    from timeline
),

carried as (
    select
        {{ (keys + own) | join(', ') }}, moment as as_of, is_event,
        first_value(latest_moment) over since as latest_moment
        {%- for column in plan.columns %},
        first_value(latest_{{ loop.index }}) over since as latest_{{ loop.index }}
        {%- endfor %}
    from numbered
    -- The first by time alone is the row met; the rest of the order says that nothing else can decide.
    window since as (
        partition by {{ (keys + ['met']) | join(', ') }}
        order by moment, is_event, latest_moment
        {%- for column in plan.columns %}, latest_{{ loop.index }}{% endfor %}
    )
),

final as (
    select
        {%- for column in plan.spine_key %}
        {{ column }},
        {%- endfor %}
        as_of
        {%- for column in plan.columns %},
        {{ if_fresh('latest_' ~ loop.index, 'latest_moment', 'as_of', plan) }} as {{ column.name }}
        {%- endfor %}
    from carried
    where is_event = 0
)
{%- endmacro %}


{#- The value, unless its row is older than `max_age`. -#}
{% macro if_fresh(value, moment, as_of, plan) %}
    {{- 'case when ' ~ moment ~ ' >= ' ~ minus_duration(as_of, plan.max_age) ~ ' then ' ~ value ~ ' end' if plan.max_age else value -}}
{% endmacro %}
