{#- A feature from running totals: the total at as_of, less the total at the window's lower edge. -#}
{% macro running_expression(groups, column, plan) %}
    {%- set measure, agg, window, alias = column.measure, column.agg, column.window, column.alias -%}
    {%- set m = measure.name -%}
    {%- if agg in ['first', 'last'] -%}
        {%- set group = feature_group(groups, 'running', none, measure) -%}
    {%- else -%}
        {%- set group = feature_group(groups, 'running') -%}
    {%- endif -%}

    {%- if agg in ['count', 'rate_per_day'] -%}
        {%- set n = running_output(group, m ~ '_n', 'count(' ~ m ~ ') over before', window) -%}
        {{ return(n if agg == 'count' else n ~ ' / ' ~ (window.seconds / 86400)) }}

    {%- elif agg in ['last', 'time_since_last'] -%}
        {%- set seen = running_output(group, m ~ '_last_moment', 'max(case when ' ~ m ~ ' is not null then moment end) over before', parse_window('all')) -%}
        {%- if agg == 'last' -%}
            {%- set value = running_output(group, m ~ '_last', last_value_of(m) ~ ' over before', parse_window('all')) -%}
        {%- else -%}
            {%- set value = time_since(seen, 'spine.as_of', measure.unit) -%}
        {%- endif -%}
        {%- if window.seconds is none -%}{{ return(value) }}{%- endif -%}
        {{ return('case when ' ~ seen ~ ' >= ' ~ minus_duration('spine.as_of', plan.gap + window.seconds) ~ ' then ' ~ value ~ ' end') }}

    {%- elif agg == 'first' -%}
        {{ return(running_output(group, m ~ '_first', first_value_of(m) ~ ' over before', window)) }}

    {%- elif window.seconds is none and not (agg == 'avg' and exactness(column.type).sum) -%}
        {#- In double precision: PostgreSQL's deviation of large whole numbers has no decimals. -#}
        {%- set call = 'stddev_samp(cast(' ~ m ~ ' as double precision))' if agg == 'stddev' else agg ~ '(' ~ m ~ ')' -%}
        {%- set sql = running_output(group, alias, call ~ ' over before', window) -%}
        {{ return('cast(' ~ sql ~ ' as double precision)' if agg in ['sum', 'avg', 'stddev'] else sql) }}
    {%- endif -%}

    {%- set n = running_output(group, m ~ '_n', 'count(' ~ m ~ ') over before', window) -%}
    {%- set scale = exactness(column.type).scale -%}
    {#- In whole numbers of the smallest unit, so that totals, and n * sum of squares - square of sum, are exact. -#}
    {%- set units = 'cast(' ~ m ~ (' * ' ~ 10 ** scale if scale else '') ~ ' as bigint)' -%}
    {%- set divisor = ' / ' ~ 10 ** scale ~ '.0' if scale else '' -%}
    {%- set total = running_output(group, m ~ '_units', 'sum(' ~ units ~ ') over before', window) -%}
    {%- if agg in ['sum', 'avg'] -%}
        {{ return('case when ' ~ n ~ ' > 0 then cast(' ~ total ~ ' as double precision)' ~ divisor ~ (' / ' ~ n if agg == 'avg' else '') ~ ' end') }}
    {%- endif -%}
    {%- set squares = running_output(group, m ~ '_squares', 'sum(' ~ units ~ ' * ' ~ units ~ ') over before', window) -%}
    {{ return(exact_stddev(n, total, squares) ~ divisor ~ ' end') }}
{% endmacro %}


{#- Registers a running total and its difference over the window; returns its name in the final select. -#}
{% macro running_output(group, accumulator, sql, window) %}
    {%- do group.accumulators.update({accumulator: sql}) -%}
    {%- set output = accumulator if accumulator.endswith('_' ~ window.label) else accumulator ~ '_' ~ window.label -%}
    {%- set value = at_edge(group, accumulator, 'as_of') -%}
    {%- if window.seconds is not none -%}
        {%- set value = value ~ ' - coalesce(' ~ at_edge(group, accumulator, window.label) ~ ', 0)' -%}
    {%- endif -%}
    {%- do group.outputs.update({output: value}) -%}
    {{ return(group.name ~ '.' ~ output) }}
{% endmacro %}
