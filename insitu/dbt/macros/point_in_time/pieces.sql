{#-
    The SQL of partial aggregates. A window is cut into pieces: events in the finest tier's bucket at each of its two
    edges, then whole tiers up to the next wider tier's buckets, and so on. Each level is a join on equality, so a
    spine row meets a handful of rows on each, however many events it has.
-#}
{% macro render_partials(group, keys, plan) -%}
{%- set windows = group.windows.values() | sort(attribute='seconds') -%}
{#- Materialized where PostgreSQL would otherwise read all of a key's events through an index, instead of its bucket's. #}
ends as {{ 'materialized ' if target.type.startswith('postgres') }}(
    select events.*, {{ insitu.time_block('moment', plan.tiers[0].seconds) }} as bucket from events
),
{% for tier in plan.tiers -%}
{%- set below = none if loop.first else plan.tiers[loop.index0 - 1] %}
{% if below -%}
partials_{{ below.label }} as (
    select {{ keys | join(', ') }}, {{ insitu.time_block('moment', below.seconds) }} as start
        {%- for name, part in group.parts.items() %},
        {{ part.tier | replace('{start}', insitu.time_block('moment', below.seconds)) }} as {{ name }}
        {%- endfor %}
    from events
    group by {{ keys | join(', ') }}, {{ insitu.time_block('moment', below.seconds) }}
),

{% endif -%}
{{ insitu.render_edges(group, tier, below, windows, loop.last, keys, plan) }}
{%- endfor %}
found as (
    {%- for tier in plan.tiers %}
    {%- set below = none if loop.first else plan.tiers[loop.index0 - 1] -%}
    {%- set edges, rows, start = 'edges_' ~ tier.label, 'partials_' ~ below.label if below else 'ends', 'start' if below else 'moment' %}
    select {% for key in keys %}{{ edges }}.{{ key }}, {% endfor %}{{ edges }}.as_of, {{ edges }}.own, {{ rows }}.{{ start }} as start
        {%- for name, part in group.parts.items() %},
        {{ rows ~ '.' ~ name if below else part.event }} as {{ name }}
        {%- endfor %}
    from {{ edges }}
    inner join {{ rows }}
        on {% for key in keys %}{{ edges }}.{{ key }} = {{ rows }}.{{ key }} and {% endfor %}{{ edges }}.bucket = {{ insitu.time_block(rows ~ '.' ~ start, tier.seconds) if below else rows ~ '.bucket' }}
        and {{ rows }}.{{ start }} >= {{ edges }}.lower_edge and {{ rows }}.{{ start }} {{ '<=' if below else '<' }} {{ insitu.minus_duration(edges ~ '.as_of', plan.gap + (below.seconds if below else 0)) }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

-- Which windows a piece lies in, as bits: that of the edge it was found at, or every window that is long enough.
pieces as {{ 'not materialized ' if group.passes }}(
    select found.*,
        case
            when own > 0 then own
            {%- for window in windows[:-1] %}
            when start >= {{ insitu.minus_duration('as_of', plan.gap + window.seconds) }} then {{ insitu.window_bits(group, windows[loop.index0:]) }}
            {%- endfor %}
            else {{ insitu.window_bits(group, windows[-1:]) }}
        end as inside
    from found
),

{{ group.name }} as (
    select {{ keys | join(', ') }}, as_of
        {%- for alias, sql in group.outputs.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from pieces
    group by {{ keys | join(', ') }}, as_of
),
{%- if group.passes %}

{{ group.name }}_squares as (
    select {% for key in keys %}pieces.{{ key }}, {% endfor %}pieces.as_of
        {%- for alias, sql in group.passes.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from pieces
    inner join {{ group.name }}
        on {% for key in keys %}pieces.{{ key }} = {{ group.name }}.{{ key }} and {% endfor %}pieces.as_of = {{ group.name }}.as_of
    group by {% for key in keys %}pieces.{{ key }}, {% endfor %}pieces.as_of
),
{%- endif %}
{%- for m, measure in group.latest.items() %}

{{ group.name }}_last_{{ m }} as (
    select {% for key in keys %}{{ group.name }}.{{ key }}, {% endfor %}{{ group.name }}.as_of, {{ insitu.latest_of(measure) }} as {{ m }}
    from {{ group.name }}
    inner join events
        on {% for key in keys %}{{ group.name }}.{{ key }} = events.{{ key }} and {% endfor %}{{ group.name }}.{{ m }}_last_moment = events.moment
        and events.moment < {{ insitu.minus_duration(group.name ~ '.as_of', plan.gap) }}
    where events.{{ m }} is not null
    group by {% for key in keys %}{{ group.name }}.{{ key }}, {% endfor %}{{ group.name }}.as_of
),
{%- endfor %}
{% endmacro %}


{#- Of the events at one time: the last by the declared tiebreak, then the largest. -#}
{% macro latest_of(measure) %}
    {%- set m = 'events.' ~ measure.name -%}
    {{- return('(array_agg(' ~ m ~ ' order by ' ~ insitu.event_order(measure, 'events.', true) ~ '))[1]' if measure.order_by else 'max(' ~ m ~ ')') -}}
{% endmacro %}


{#-
    Which buckets of a tier to look into: that of as_of, shared by all windows, and that of each window's lower edge
    (`own` is the window's bit), unless it is the same, or begins at the edge and so is taken whole by the next tier.
-#}
{% macro render_edges(group, tier, below, windows, is_last, keys, plan) -%}
{%- set upper = insitu.minus_duration('as_of', plan.gap) -%}
edges_{{ tier.label }} as (
    select {{ keys | join(', ') }}, as_of, 0 as own, {{ insitu.minus_duration('as_of', plan.gap + windows[-1].seconds) }} as lower_edge, {{ insitu.time_block(upper, tier.seconds) }} as bucket
    from moments
    {%- for window in windows if not below or window.seconds >= below.seconds %}
    {%- set lower = insitu.minus_duration('as_of', plan.gap + window.seconds) %}
    union all
    select {{ keys | join(', ') }}, as_of, {{ insitu.window_bits(group, [window]) }}, {{ lower }}, {{ insitu.time_block(lower, tier.seconds) }}
    from moments
    where {{ insitu.time_block(lower, tier.seconds) }} < {{ insitu.time_block(upper, tier.seconds) }}
        {%- if not is_last %} and {{ insitu.time_block(lower, tier.seconds) }} < {{ lower }}{% endif %}
    {%- endfor %}
),
{% endmacro %}
