{#- A feature from the events of each window themselves: any aggregate, and work in proportion to the events read. -#}
{% macro range_join_expression(groups, column, plan) %}
    {%- if column.agg == 'mode' and not plan.lookups.index -%}{{ return(insitu.mode_expression(groups, column)) }}{%- endif -%}
    {%- set bounded = column.window.seconds is not none -%}
    {%- set group = insitu.feature_group(groups, 'range_join') if bounded else insitu.feature_group(groups, 'range_join', column.window) -%}
    {%- do group.windows.update({column.window.label: column.window.seconds}) -%}
    {%- set inside = 'events.moment >= ' ~ insitu.minus_duration('moments.as_of', plan.gap + column.window.seconds) if bounded else '' -%}
    {%- do group.outputs.update({column.alias: insitu.plain_aggregate(column, inside)}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- The aggregate as anyone would write it, over the `events` inside the window of the row of `moments`. -#}
{% macro plain_aggregate(column, inside) %}
    {%- set measure, agg = column.measure, column.agg -%}
    {%- set m = 'events.' ~ measure.name -%}
    {%- set real = 'cast(' ~ m ~ ' as double precision)' -%}
    {%- set filter = ' filter (where ' ~ inside ~ ')' if inside else '' -%}
    {%- if agg == 'count' -%}{{ return('count(' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'rate_per_day' -%}{{ return('count(' ~ m ~ ')' ~ filter ~ ' / ' ~ column.window.seconds / 86400) }}
    {%- elif agg in ['sum', 'avg'] -%}{{ return(agg ~ '(' ~ real ~ ')' ~ filter) }}
    {%- elif agg == 'stddev' -%}{{ return('stddev_samp(' ~ real ~ ')' ~ filter) }}
    {%- elif agg in ['min', 'max'] -%}{{ return(agg ~ '(' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'count_distinct' -%}{{ return('count(distinct ' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'mode' -%}{{ return('mode() within group (order by ' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'time_since_last' -%}
        {{ return(insitu.time_since('max(case when ' ~ m ~ ' is not null then events.moment end)' ~ filter, 'moments.as_of', measure.unit)) }}
    {%- elif agg == 'decayed_sum' -%}
        {{ return('sum(' ~ real ~ ' / power(2.0, ' ~ insitu.seconds_between('events.moment', 'moments.as_of') ~ ' / ' ~ measure.half_life.seconds ~ '.0))' ~ filter) }}
    {%- endif -%}
    {%- set order = insitu.event_order(measure, 'events.', agg == 'last') -%}
    {{ return('(array_agg(' ~ m ~ ' order by ' ~ order ~ ') filter (where ' ~ m ~ ' is not null' ~ (' and ' ~ inside if inside else '') ~ '))[1]') }}
{% endmacro %}


{#- Events in order of time, then of the declared tiebreak, then of the value itself. -#}
{% macro event_order(measure, qualifier, descending) %}
    {%- set columns = [qualifier ~ 'moment'] -%}
    {%- for column in measure.order_by -%}{%- do columns.append(qualifier ~ measure.name ~ '_order_' ~ loop.index) -%}{%- endfor -%}
    {%- do columns.append(qualifier ~ measure.name) -%}
    {#- NULLs of the tiebreak sort alike in every warehouse and shape: last going up, first going down. -#}
    {{ return(columns | join(' desc nulls first, ') ~ ' desc nulls first' if descending else columns | join(' nulls last, ') ~ ' nulls last') }}
{% endmacro %}


{#- Seconds between, in the measure's unit. -#}
{% macro time_since(moment, as_of, unit) %}
    {{ return(insitu.seconds_between(moment, as_of) ~ ' / ' ~ {'second': '1.0', 'minute': '60.0', 'hour': '3600.0', 'day': '86400.0'}[unit]) }}
{% endmacro %}


{#- `lookup`: one index look-up per moment (LATERAL); else one join of all. -#}
{% macro render_range_join(group, keys, plan) -%}
{%- set longest = {'seconds': none if none in group.windows.values() else group.windows.values() | max} -%}
{{ group.name }} as (
    select {% for key in keys %}moments.{{ key }}, {% endfor %}moments.as_of
    {%- if plan.lookups.index %}, found.*
    from moments
    cross join lateral (
        select
            {%- for alias, sql in group.outputs.items() %}
            {{ sql }} as {{ alias }}{{ ',' if not loop.last }}
            {%- endfor %}
        from events
        where {{ insitu.in_window(longest, keys, plan) }}
    ) as found
    {%- else %}
        {%- for alias, sql in group.outputs.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from moments
    inner join events
        on {{ insitu.in_window(longest, keys, plan) }}
    group by {% for key in keys %}moments.{{ key }}, {% endfor %}moments.as_of
    {%- endif %}
),
{% endmacro %}


{% macro in_window(window, keys, plan) -%}
    {%- for key in keys %}events.{{ key }} = moments.{{ key }} and {% endfor -%}
    events.moment < {{ insitu.minus_duration('moments.as_of', plan.gap) }}
    {%- if window.seconds is not none %} and events.moment >= {{ insitu.minus_duration('moments.as_of', plan.gap + window.seconds) }}{% endif -%}
{%- endmacro %}
