{#- A feature from running totals: the total at as_of, less the total at the window's lower edge. -#}
{% macro running_expression(groups, column, plan) %}
    {%- set measure, agg, window, alias = column.measure, column.agg, column.window, column.alias -%}
    {%- set m, exact = measure.name, insitu.exactness(column.type) -%}
    {%- if agg in ['first', 'last'] -%}
        {%- set group = insitu.feature_group(groups, 'running', none, measure) -%}
    {%- else -%}
        {%- set group = insitu.feature_group(groups, 'running') -%}
    {%- endif -%}

    {%- if agg in ['count', 'rate_per_day'] -%}
        {%- set n = insitu.exact_totals(group, column).n -%}
        {{ return(n if agg == 'count' else n ~ ' / ' ~ (window.seconds / 86400)) }}

    {%- elif agg in ['last', 'time_since_last'] -%}
        {%- set seen = insitu.running_output(group, m ~ '_last_moment', 'max(case when ' ~ m ~ ' is not null then moment end) over before', insitu.parse_window('all')) -%}
        {%- if agg == 'last' -%}
            {%- set value = insitu.running_output(group, m ~ '_last', insitu.last_value_of(m) ~ ' over before', insitu.parse_window('all')) -%}
        {%- else -%}
            {%- set value = insitu.time_since(seen, 'spine.as_of', measure.unit) -%}
        {%- endif -%}
        {%- if window.seconds is none -%}{{ return(value) }}{%- endif -%}
        {{ return('case when ' ~ seen ~ ' >= ' ~ insitu.minus_duration('spine.as_of', plan.gap + window.seconds) ~ ' then ' ~ value ~ ' end') }}

    {%- elif agg == 'first' -%}
        {{ return(insitu.running_output(group, m ~ '_first', insitu.first_value_of(m) ~ ' over before', window)) }}

    {%- elif window.seconds is none and not (agg == 'avg' and exact.sum) -%}
        {#- In double precision: PostgreSQL's deviation of large whole numbers has no decimals. -#}
        {%- set call = 'stddev_samp(cast(' ~ m ~ ' as double precision))' if agg == 'stddev' else agg ~ '(' ~ m ~ ')' -%}
        {%- set sql = insitu.running_output(group, alias, call ~ ' over before', window) -%}
        {{ return('cast(' ~ sql ~ ' as double precision)' if agg in ['sum', 'avg', 'stddev'] else sql) }}
    {%- endif -%}

    {%- set totals = insitu.exact_totals(group, column) -%}
    {%- set divisor = ' / ' ~ 10 ** exact.scale ~ '.0' if exact.scale else '' -%}
    {%- if agg in ['sum', 'avg'] -%}
        {{ return('case when ' ~ totals.n ~ ' > 0 then cast(' ~ totals.units ~ ' as double precision)' ~ divisor ~ (' / ' ~ totals.n if agg == 'avg' else '') ~ ' end') }}
    {%- endif -%}
    {%- set units = insitu.exact_units(column) -%}
    {%- set squares = insitu.running_output(group, m ~ '_squares', 'sum(' ~ units ~ ' * ' ~ units ~ ') over before', window) -%}
    {{ return(insitu.exact_stddev(totals.n, totals.units, squares) ~ divisor ~ ' end') }}
{% endmacro %}


{#- A value in whole numbers of its smallest unit, so that totals, and n * sum of squares - square of sum, are exact. -#}
{% macro exact_units(column) %}
    {%- set scale = insitu.exactness(column.type).scale -%}
    {{ return('cast(' ~ column.measure.name ~ (' * ' ~ 10 ** scale if scale else '') ~ ' as bigint)') }}
{% endmacro %}


{#- The number of a window's values, and their sum where it is exact: {'n': sql, 'units': sql}. -#}
{% macro exact_totals(group, column) %}{{ return(adapter.dispatch('exact_totals', 'insitu')(group, column)) }}{% endmacro %}

{% macro default__exact_totals(group, column) %}
    {%- set m, window = column.measure.name, column.window -%}
    {%- set n = insitu.running_output(group, m ~ '_n', 'count(' ~ m ~ ') over before', window) -%}
    {%- if column.agg in ['count', 'rate_per_day'] -%}{{ return({'n': n}) }}{%- endif -%}
    {{ return({'n': n, 'units': insitu.running_output(group, m ~ '_units', 'sum(' ~ insitu.exact_units(column) ~ ') over before', window)}) }}
{% endmacro %}

{#-
    DuckDB's running totals are the largest part of its time, so number and sum share one: units * 2^31 + 1 for each value. A
    window has fewer than 2^31 events, and the sums of whole numbers of 32 bits leave room for their number in a HUGEINT.
-#}
{% macro duckdb__exact_totals(group, column) %}
    {%- set m, label = column.measure.name, column.window.label -%}
    {%- set summed = insitu.measure_aggregates(column.measure) | select('in', ['sum', 'avg', 'stddev']) | list -%}
    {%- if not summed or not insitu.exactness(column.type).squares -%}{{ return(insitu.default__exact_totals(group, column)) }}{%- endif -%}
    {%- set both = insitu.running_difference(group, m ~ '_both', 'sum(' ~ insitu.exact_units(column) ~ ' * ' ~ 2 ** 31 ~ ' + 1) over before', column.window) -%}
    {%- do group.outputs.update({
        m ~ '_n_' ~ label: 'coalesce(cast((' ~ both ~ ') & ' ~ (2 ** 31 - 1) ~ ' as bigint), 0)',
        m ~ '_units_' ~ label: '(' ~ both ~ ') >> 31',
    }) -%}
    {{ return({'n': group.name ~ '.' ~ m ~ '_n_' ~ label, 'units': group.name ~ '.' ~ m ~ '_units_' ~ label}) }}
{% endmacro %}


{#- An open `case`: the sample's standard deviation from exact totals. -#}
{% macro exact_stddev(n, total, squares) %}
    {{- return('case when ' ~ n ~ ' > 1 then sqrt(cast(' ~ n ~ ' * ' ~ squares ~ ' - ' ~ total ~ ' * ' ~ total
        ~ ' as double precision) / (cast(' ~ n ~ ' as double precision) * (' ~ n ~ ' - 1)))') -}}
{% endmacro %}


{#- Registers a running total and its difference over the window; returns its name in the final select. -#}
{% macro running_output(group, accumulator, sql, window) %}
    {%- set output = accumulator if accumulator.endswith('_' ~ window.label) else accumulator ~ '_' ~ window.label -%}
    {%- do group.outputs.update({output: insitu.running_difference(group, accumulator, sql, window)}) -%}
    {{ return(group.name ~ '.' ~ output) }}
{% endmacro %}


{#- Registers a running total; returns what it grew by in the window. -#}
{% macro running_difference(group, accumulator, sql, window) %}
    {%- do group.accumulators.update({accumulator: sql}) -%}
    {%- set value = insitu.at_edge(group, accumulator, 0) -%}
    {%- if window.seconds is none -%}{{ return(value) }}{%- endif -%}
    {{ return(value ~ ' - coalesce(' ~ insitu.at_edge(group, accumulator, window.seconds) ~ ', 0)') }}
{% endmacro %}
