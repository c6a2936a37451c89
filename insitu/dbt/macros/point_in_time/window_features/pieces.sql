{#-
    The SQL of partial aggregates. A window is cut into pieces: events in the finest tier's bucket at each of its two
    edges, then whole tiers up to the next wider tier's buckets, and so on. Each level is a join on equality, so a
    spine row meets a handful of rows on each, however many events it has.
-#}
{% macro render_partials(group, keys, plan) -%}
{%- set windows = group.windows.values() | sort(attribute='seconds') -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{#- Materialized where PostgreSQL would otherwise read all of a key's events through an index, instead of its
    bucket's. #}
ends as {{ 'materialized ' if target.type.startswith('postgres') }}(
    select events.*, {{ insitu.time_block('moment', plan.tiers[0].seconds) }} as bucket from events
),
{% for tier in plan.tiers -%}
{%- set below = none if loop.first else plan.tiers[loop.index0 - 1] %}
{% if below -%}
{%- set block = insitu.time_block('moment', below.seconds) -%}
partials_{{ below.label }} as (
    select {{ key_list }}, {{ block }} as start
        {%- for name, part in group.parts.items() %},
        {{ part.tier | replace('{start}', block) }} as {{ name }}
        {%- endfor %}
    from events
    group by {{ key_list }}, {{ block }}
),

{% endif -%}
{{ insitu.render_edges(group, tier, below, windows, loop.last, keys, plan) }}
{%- endfor %}
found as (
    {%- for tier in plan.tiers %}
    {{ insitu.found_pieces(group, tier, none if loop.first else plan.tiers[loop.index0 - 1], keys, plan) }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}
),

-- Which windows a piece lies in, as bits: that of the edge it was found at, or every window that is long enough.
pieces as {{ 'not materialized ' if group.passes }}(
    select found.*,
        case
            when own > 0 then own
            {%- for window in windows[:-1] %}
            {%- set lower = insitu.minus_duration('as_of', plan.gap + window.seconds) %}
            when start >= {{ lower }} then {{ insitu.window_bits(group, windows[loop.index0:]) }}
            {%- endfor %}
            else {{ insitu.window_bits(group, windows[-1:]) }}
        end as inside
    from found
),

{{ group.name }} as (
    select {{ key_list }}, as_of
        {%- for alias, sql in group.outputs.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from pieces
    group by {{ key_list }}, as_of
),
{%- if group.passes %}
{%- set piece_keys = insitu.quoted(keys + ['as_of'], 'pieces.') | join(', ') %}

{{ group.name }}_squares as (
    select {{ piece_keys }}
        {%- for alias, sql in group.passes.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from pieces
    inner join {{ group.name }}
        on {{ insitu.join_on('pieces', group.name, keys + ['as_of']) }}
    group by {{ piece_keys }}
),
{%- endif %}
{%- for m, measure in group.latest.items() %}
{%- set group_keys = insitu.quoted(keys + ['as_of'], group.name ~ '.') | join(', ') %}
{%- set same_key = insitu.join_on(group.name, 'events', keys) %}

{{ group.name }}_last_{{ m }} as (
    select {{ group_keys }}, {{ insitu.latest_of(measure) }} as {{ measure.quoted }}
    from {{ group.name }}
    inner join events
        on {{ same_key }} and {{ group.name }}.{{ m }}_last_moment = events.moment
        and events.moment < {{ insitu.minus_duration(group.name ~ '.as_of', plan.gap) }}
    where events.{{ measure.quoted }} is not null
    group by {{ group_keys }}
),
{%- endfor %}
{% endmacro %}


{#- The pieces of one level: events for the finest tier, else the partial aggregates of the tier below. -#}
{% macro found_pieces(group, tier, below, keys, plan) -%}
{%- set edges = 'edges_' ~ tier.label -%}
{%- if below -%}
    {%- set rows, start = 'partials_' ~ below.label, 'partials_' ~ below.label ~ '.start' -%}
    {%- set bucket = insitu.time_block(start, tier.seconds) -%}
    {%- set before = '<= ' ~ insitu.minus_duration(edges ~ '.as_of', plan.gap + below.seconds) -%}
{%- else -%}
    {%- set rows, start, bucket = 'ends', 'ends.moment', 'ends.bucket' -%}
    {%- set before = '< ' ~ insitu.minus_duration(edges ~ '.as_of', plan.gap) -%}
{%- endif -%}
    select {{ insitu.quoted(keys + ['as_of', 'own'], edges ~ '.') | join(', ') }}, {{ start }} as start
        {%- for name, part in group.parts.items() %},
        {{ rows ~ '.' ~ name if below else part.event }} as {{ name }}
        {%- endfor %}
    from {{ edges }}
    inner join {{ rows }}
        on {{ insitu.join_on(edges, rows, keys) }} and {{ edges }}.bucket = {{ bucket }}
        and {{ start }} >= {{ edges }}.lower_edge and {{ start }} {{ before }}
{%- endmacro %}


{#- Of the events at one time: the last by the declared tiebreak, then the largest. -#}
{% macro latest_of(measure) %}
    {%- set m = 'events.' ~ measure.quoted -%}
    {%- if not measure.order_by -%}{{ return('max(' ~ m ~ ')') }}{%- endif -%}
    {{ return('(array_agg(' ~ m ~ ' order by ' ~ insitu.event_order(measure, 'events.', true) ~ '))[1]') }}
{% endmacro %}


{#-
    Which buckets of a tier to look into: that of as_of, shared by all windows, and that of each window's lower edge
    (`own` is the window's bit), unless it is the same, or begins at the edge and so is taken whole by the next tier.
-#}
{% macro render_edges(group, tier, below, windows, is_last, keys, plan) -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{%- set upper_bucket = insitu.time_block(insitu.minus_duration('as_of', plan.gap), tier.seconds) -%}
{%- set lowest = insitu.minus_duration('as_of', plan.gap + windows[-1].seconds) -%}
edges_{{ tier.label }} as (
    select {{ key_list }}, as_of, 0 as own, {{ lowest }} as lower_edge, {{ upper_bucket }} as bucket
    from moments
    {%- for window in windows if not below or window.seconds >= below.seconds %}
    {%- set lower = insitu.minus_duration('as_of', plan.gap + window.seconds) %}
    {%- set lower_bucket = insitu.time_block(lower, tier.seconds) %}
    union all
    select {{ key_list }}, as_of, {{ insitu.window_bits(group, [window]) }}, {{ lower }}, {{ lower_bucket }}
    from moments
    where {{ lower_bucket }} < {{ upper_bucket }}
        {%- if not is_last %} and {{ lower_bucket }} < {{ lower }}{% endif %}
    {%- endfor %}
),
{% endmacro %}
