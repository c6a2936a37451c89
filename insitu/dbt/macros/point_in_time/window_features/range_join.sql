{#- A feature from the events of each window themselves: any aggregate, and work in proportion to the events read. -#}
{% macro range_join_expression(groups, column, plan) %}
    {%- if column.agg == 'mode' and not plan.lookups.index -%}
        {{ return(insitu.mode_expression(groups, column)) }}
    {%- endif -%}
    {%- set window = column.window -%}
    {%- set condition = '' -%}
    {%- if window.seconds is none -%}
        {%- set group = insitu.feature_group(groups, 'range_join', window) -%}
    {%- else -%}
        {%- set group = insitu.feature_group(groups, 'range_join') -%}
        {%- set condition = 'events.moment >= ' ~ insitu.minus_duration('moments.as_of', plan.gap + window.seconds) -%}
    {%- endif -%}
    {%- do group.windows.update({window.label: window.seconds}) -%}
    {%- do group.outputs.update({column.alias: insitu.plain_aggregate(column, condition)}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- The aggregate as anyone would write it, over the `events` that fulfil the condition of the row of `moments`. -#}
{% macro plain_aggregate(column, condition) %}
    {%- set measure, agg = column.measure, column.agg -%}
    {%- set m = 'events.' ~ measure.quoted -%}
    {%- set real = 'cast(' ~ m ~ ' as double precision)' -%}
    {%- set filter = ' filter (where ' ~ condition ~ ')' if condition else '' -%}
    {%- if agg == 'count' -%}{{ return('count(' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'rate_per_day' -%}{{ return('count(' ~ m ~ ')' ~ filter ~ ' / ' ~ column.window.seconds / 86400) }}
    {%- elif agg in ['sum', 'avg'] and insitu.sums_exactly(column.type) -%}
        {{ return('cast(' ~ agg ~ '(' ~ m ~ ')' ~ filter ~ ' as double precision)') }}
    {%- elif agg in ['sum', 'avg'] -%}{{ return(agg ~ '(' ~ real ~ ')' ~ filter) }}
    {%- elif agg == 'stddev' -%}{{ return('stddev_samp(' ~ real ~ ')' ~ filter) }}
    {%- elif agg in ['min', 'max'] -%}{{ return(agg ~ '(' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'count_distinct' -%}{{ return('count(distinct ' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'mode' -%}{{ return('mode() within group (order by ' ~ m ~ ')' ~ filter) }}
    {%- elif agg == 'time_since_last' -%}
        {%- set last = 'max(case when ' ~ m ~ ' is not null then events.moment end)' ~ filter -%}
        {{ return(insitu.time_since(last, 'moments.as_of', measure.unit)) }}
    {%- elif agg == 'decayed_sum' -%}
        {%- set age = insitu.seconds_between('events.moment', 'moments.as_of') -%}
        {{ return('sum(' ~ real ~ ' / power(2.0, ' ~ age ~ ' / ' ~ measure.half_life.seconds ~ '.0))' ~ filter) }}
    {%- endif -%}
    {%- set order = insitu.event_order(measure, 'events.', agg == 'last') -%}
    {%- set known = ' filter (where ' ~ m ~ ' is not null' ~ (' and ' ~ condition if condition else '') ~ ')' -%}
    {{ return('(array_agg(' ~ m ~ ' order by ' ~ order ~ ')' ~ known ~ ')[1]') }}
{% endmacro %}


{#- An `order by` list: events in order of time, then of the declared tiebreak, then of the value itself. -#}
{% macro event_order(measure, qualifier, descending) %}
    {%- set columns = [qualifier ~ 'moment'] -%}
    {%- for column in measure.order_by -%}
        {%- do columns.append(qualifier ~ measure.column ~ '_order_' ~ loop.index) -%}
    {%- endfor -%}
    {%- do columns.append(qualifier ~ measure.quoted) -%}
    {#- NULLs of the tiebreak sort alike in every warehouse and shape: last going up, first going down. -#}
    {%- set direction = ' desc nulls first' if descending else ' nulls last' -%}
    {{ return(columns | join(direction ~ ', ') ~ direction) }}
{% endmacro %}


{#- Seconds between, in the measure's unit. -#}
{% macro time_since(moment, as_of, unit) %}
    {%- set seconds = {'second': '1.0', 'minute': '60.0', 'hour': '3600.0', 'day': '86400.0'}[unit] -%}
    {{ return(insitu.seconds_between(moment, as_of) ~ ' / ' ~ seconds) }}
{% endmacro %}


{#- With an index: one look-up per moment (LATERAL); else one join of all. -#}
{% macro render_range_join(group, keys, plan) -%}
{%- set bounds = group.windows.values() | list -%}
{%- set longest = {'seconds': none if none in bounds else bounds | max} -%}
{%- set moment_keys = insitu.quoted(keys + ['as_of'], 'moments.') | join(', ') -%}
{{ group.name }} as (
    select {{ moment_keys }}
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
    group by {{ moment_keys }}
    {%- endif %}
),
{% endmacro %}


{#- The condition that an event lies in the window of a row of `moments`. -#}
{% macro in_window(window, keys, plan) %}
    {%- set upper = insitu.minus_duration('moments.as_of', plan.gap) -%}
    {%- set condition = insitu.join_on('events', 'moments', keys) ~ ' and events.moment < ' ~ upper -%}
    {%- if window.seconds is none -%}{{ return(condition) }}{%- endif -%}
    {%- set lower = insitu.minus_duration('moments.as_of', plan.gap + window.seconds) -%}
    {{ return(condition ~ ' and events.moment >= ' ~ lower) }}
{% endmacro %}
