{#- A feature from the events of each window themselves: any aggregate, and work in proportion to the events read. -#}
{% macro range_join_expression(groups, column, plan) %}
    {%- set measure, agg, window = column.measure, column.agg, column.window -%}
    {%- set group = feature_group(groups, 'range_join', window) -%}
    {%- do group.outputs.update({column.alias: plain_aggregate(column, plan)}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- The aggregate as anyone would write it, over `events`, for the moments' (as_of) row. -#}
{% macro plain_aggregate(column, plan) %}
    {%- set measure, agg = column.measure, column.agg -%}
    {%- set m = 'events.' ~ measure.name -%}
    {%- set real = 'cast(' ~ m ~ ' as double precision)' -%}
    {%- if agg == 'count' -%}{{ return('count(' ~ m ~ ')') }}
    {%- elif agg == 'rate_per_day' -%}{{ return('count(' ~ m ~ ') / ' ~ column.window.seconds / 86400) }}
    {%- elif agg in ['sum', 'avg'] -%}{{ return(agg ~ '(' ~ real ~ ')') }}
    {%- elif agg == 'stddev' -%}{{ return('stddev_samp(' ~ real ~ ')') }}
    {%- elif agg in ['min', 'max'] -%}{{ return(agg ~ '(' ~ m ~ ')') }}
    {%- elif agg == 'count_distinct' -%}{{ return('count(distinct ' ~ m ~ ')') }}
    {%- elif agg == 'mode' -%}{{ return(most_frequent(m)) }}
    {%- elif agg == 'time_since_last' -%}
        {{ return(time_since('max(case when ' ~ m ~ ' is not null then events.moment end)', 'moments.as_of', measure.unit)) }}
    {%- elif agg == 'decayed_sum' -%}
        {{ return('sum(' ~ real ~ ' / power(2.0, ' ~ seconds_between('events.moment', 'moments.as_of') ~ ' / ' ~ measure.half_life.seconds ~ '.0))') }}
    {%- elif agg in ['first', 'last'] -%}
        {%- set direction = ' desc' if agg == 'last' else '' -%}
        {%- set order = ['events.moment' ~ direction] -%}
        {%- for i in range(measure.order_by | length) -%}{%- do order.append('events.' ~ measure.name ~ '_order_' ~ loop.index ~ direction) -%}{%- endfor -%}
        {%- do order.append(m ~ direction) -%}
        {{ return('(array_agg(' ~ m ~ ' order by ' ~ order | join(', ') ~ ') filter (where ' ~ m ~ ' is not null))[1]') }}
    {%- endif -%}
{% endmacro %}


{#- Seconds between, in the measure's unit. -#}
{% macro time_since(moment, as_of, unit) %}
    {{ return(seconds_between(moment, as_of) ~ ' / ' ~ {'second': '1.0', 'minute': '60.0', 'hour': '3600.0', 'day': '86400.0'}[unit]) }}
{% endmacro %}


{% macro render_range_join(group, keys, plan) %}
{{- adapter.dispatch('render_range_join')(group, keys, plan) -}}
{% endmacro %}

{% macro default__render_range_join(group, keys, plan) -%}
{{ group.name }} as (
    select {% for key in keys %}moments.{{ key }}, {% endfor %}moments.as_of
        {%- for alias, sql in group.outputs.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from moments
    inner join events
        on {{ in_window(group.window, keys, plan) }}
    group by {% for key in keys %}moments.{{ key }}, {% endfor %}moments.as_of
),
{% endmacro %}


{#- A look-up per moment: with an index on (keys, availability) PostgreSQL reads just the window. -#}
{% macro postgres__render_range_join(group, keys, plan) -%}
{{ group.name }} as (
    select {% for key in keys %}moments.{{ key }}, {% endfor %}moments.as_of, window_{{ group.window.label }}.*
    from moments
    cross join lateral (
        select
            {%- for alias, sql in group.outputs.items() %}
            {{ sql }} as {{ alias }}{{ ',' if not loop.last }}
            {%- endfor %}
        from events
        where {{ in_window(group.window, keys, plan) }}
    ) as window_{{ group.window.label }}
),
{% endmacro %}


{% macro in_window(window, keys, plan) -%}
    {%- for key in keys %}events.{{ key }} = moments.{{ key }} and {% endfor -%}
    events.moment < {{ minus_duration('moments.as_of', plan.gap) }}
    {%- if window.seconds is not none %} and events.moment >= {{ minus_duration('moments.as_of', plan.gap + window.seconds) }}{% endif -%}
{%- endmacro %}
