{#- The line of time of running totals; nothing when no feature needs it. -#}
{% macro render_timeline(groups, keys, plan) %}
{%- set values, windows = [], {} -%}
{%- for column in plan.base_columns if column.strategy == 'running' and column.agg != 'count_distinct' -%}
    {%- set needed = [column.measure.quoted] -%}
    {%- if column.agg in ['first', 'last'] -%}
        {%- for order in column.measure.order_by -%}
            {%- do needed.append(column.measure.column ~ '_order_' ~ loop.index) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name in needed if name not in values -%}{%- do values.append(name) -%}{%- endfor -%}
    {%- if column.window.seconds is not none and column.agg not in ['last', 'time_since_last'] -%}
        {%- do windows.update({column.window.label: column.window}) -%}
    {%- endif -%}
{%- endfor -%}
{%- if values %}
{%- set key_list = insitu.quoted(keys) | join(', ') %}
-- Events and the edges of windows on one line of time. `edge` is 1 for an event, else the seconds from as_of to the edge,
-- so at equal times edges come first: an event at as_of is not before it.
timeline as (
    select {{ key_list }}, cast(null as timestamp) as as_of, moment, 1 as edge, {{ values | join(', ') }}
    from events
    {%- for seconds in [0] + windows.values() | map(attribute='seconds') | list %}
    union all
    select {{ key_list }}, as_of, {{ insitu.minus_duration('as_of', plan.gap + seconds) }}, {{ -seconds }}
        {%- for value in values %}, null{% endfor %} from moments
    {%- endfor %}
),
{% endif -%}
{% endmacro %}


{#- One sort: the accumulators along the timeline, then their values at each spine row's edges. -#}
{% macro render_group(group, keys, plan) -%}
{%- set source = 'timeline' -%}
{%- if group.strategy == 'distinct' -%}
    {%- set source = group.ordered.column ~ '_timeline' -%}
{{ insitu.render_distinct_timeline(group, keys, plan) }}
{% endif -%}
{{ group.name }}_edges as (
    select {{ insitu.quoted(keys) | join(', ') }}, as_of, edge
        {%- for alias, sql in group.accumulators.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from {{ source }}
    where edge in (1, {{ group.edges | join(', ') }})
    {{ insitu.window_clause(group, keys) }}
),

{{ group.name }} as (
    select {{ insitu.quoted(keys) | join(', ') }}, as_of
        {%- for alias, sql in group.outputs.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from {{ group.name }}_edges
    where edge <= 0
    group by {{ insitu.quoted(keys) | join(', ') }}, as_of
),
{% endmacro %}


{#- The window of running totals. RANGE frames: rows of equal order are peers, so the order among equal events never
    matters. -#}
{% macro window_clause(group, keys) -%}
    {%- set order = ['moment', 'edge'] -%}
    {%- if group.ordered and group.strategy != 'distinct' -%}
        {%- for column in group.ordered.order_by -%}
            {%- do order.append(group.ordered.column ~ '_order_' ~ loop.index ~ ' nulls last') -%}
        {%- endfor -%}
        {%- do order.append(group.ordered.quoted) -%}
    {%- endif -%}
    {%- set partition = 'partition by ' ~ insitu.quoted(keys) | join(', ') ~ ' order by ' ~ order | join(', ') -%}
    window
        before as ({{ partition }} range between unbounded preceding and current row)
{%- endmacro %}
