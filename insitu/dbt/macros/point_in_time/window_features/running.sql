{#- A feature from running totals: the total at as_of, less the total at the window's lower edge. -#}
{% macro running_expression(groups, column, plan) %}
    {%- set measure, agg, window = column.measure, column.agg, column.window -%}
    {%- set m, value, exact = measure.column, measure.quoted, insitu.exactness(column.type) -%}
    {%- set group = insitu.feature_group(groups, 'running', none, measure if agg in ['first', 'last'] else none) -%}

    {%- if agg in ['count', 'rate_per_day'] -%}
        {%- set n = insitu.exact_totals(group, column).n -%}
        {{ return(n if agg == 'count' else n ~ ' / ' ~ (window.seconds / 86400)) }}
    {%- elif agg in ['last', 'time_since_last'] -%}
        {{ return(insitu.running_last(group, column, plan)) }}
    {%- elif agg == 'first' -%}
        {{ return(insitu.running_output(group, m ~ '_first', insitu.first_value_of(value) ~ ' over before', window)) }}
    {%- elif window.seconds is none and not (agg == 'avg' and exact.sum) -%}
        {#- In double precision: PostgreSQL's deviation of large whole numbers has no decimals. -#}
        {%- set deviation = 'stddev_samp(cast(' ~ value ~ ' as double precision))' -%}
        {%- set call = deviation if agg == 'stddev' else agg ~ '(' ~ value ~ ')' -%}
        {%- set sql = insitu.running_output(group, column.alias, call ~ ' over before', window) -%}
        {{ return('cast(' ~ sql ~ ' as double precision)' if agg in ['sum', 'avg', 'stddev'] else sql) }}
    {%- endif -%}

    {%- set totals = insitu.exact_totals(group, column) -%}
    {%- set divisor = ' / ' ~ 10 ** exact.scale ~ '.0' if exact.scale else '' -%}
    {%- if agg in ['sum', 'avg'] -%}
        {%- set sum = 'cast(' ~ totals.units ~ ' as double precision)' ~ divisor -%}
        {{ return('case when ' ~ totals.n ~ ' > 0 then ' ~ sum ~ (' / ' ~ totals.n if agg == 'avg' else '') ~ ' end') }}
    {%- endif -%}
    {%- set units = insitu.exact_units(column) -%}
    {%- set sum_of_squares = 'sum(' ~ units ~ ' * ' ~ units ~ ') over before' -%}
    {%- set squares = insitu.running_output(group, m ~ '_squares', sum_of_squares, window) -%}
    {{ return(insitu.exact_stddev(totals.n, totals.units, squares) ~ divisor ~ ' end') }}
{% endmacro %}


{#- The last value or the time since it: one look back over all history, cut to the window. -#}
{% macro running_last(group, column, plan) %}
    {%- set m, window, all_history = column.measure.column, column.window, insitu.parse_window('all') -%}
    {%- set last_moment = 'max(case when ' ~ column.measure.quoted ~ ' is not null then moment end) over before' -%}
    {%- set moment = insitu.running_output(group, m ~ '_last_moment', last_moment, all_history) -%}
    {%- if column.agg == 'last' -%}
        {%- set last_value = insitu.last_value_of(column.measure.quoted) ~ ' over before' -%}
        {%- set value = insitu.running_output(group, m ~ '_last', last_value, all_history) -%}
    {%- else -%}
        {%- set value = insitu.time_since(moment, 'spine.as_of', column.measure.unit) -%}
    {%- endif -%}
    {{ return(insitu.value_in_window(value, moment, window, plan)) }}
{% endmacro %}


{#- A value, if its moment lies in the window. -#}
{% macro value_in_window(value, moment, window, plan) %}
    {%- if window.seconds is none -%}{{ return(value) }}{%- endif -%}
    {%- set lower = insitu.minus_duration('spine.as_of', plan.gap + window.seconds) -%}
    {{ return('case when ' ~ moment ~ ' >= ' ~ lower ~ ' then ' ~ value ~ ' end') }}
{% endmacro %}


{#- A value in whole numbers of its smallest unit, so that totals, and n * sum of squares - square of sum, are
    exact. -#}
{% macro exact_units(column) %}
    {%- set scale = insitu.exactness(column.type).scale -%}
    {{ return('cast(' ~ column.measure.quoted ~ (' * ' ~ 10 ** scale if scale else '') ~ ' as bigint)') }}
{% endmacro %}


{#- The number of a window's values, and their sum where it is exact: {'n': sql, 'units': sql}. -#}
{% macro exact_totals(group, column) %}
    {{- return(adapter.dispatch('exact_totals', 'insitu')(group, column)) -}}
{% endmacro %}

{% macro default__exact_totals(group, column) %}
    {%- set m, window = column.measure.column, column.window -%}
    {%- set n = insitu.running_output(group, m ~ '_n', 'count(' ~ column.measure.quoted ~ ') over before', window) -%}
    {%- if column.agg in ['count', 'rate_per_day'] -%}{{ return({'n': n}) }}{%- endif -%}
    {%- set sum = 'sum(' ~ insitu.exact_units(column) ~ ') over before' -%}
    {{ return({'n': n, 'units': insitu.running_output(group, m ~ '_units', sum, window)}) }}
{% endmacro %}

{#-
    DuckDB's running totals are the largest part of its time, so number and sum share one: units * 2^31 + 1 for each
    value. A window has fewer than 2^31 events, and the sums of whole numbers of 32 bits leave room for their number in
    a HUGEINT.
-#}
{% macro duckdb__exact_totals(group, column) %}
    {%- set summed = insitu.measure_aggregates(column.measure) | select('in', ['sum', 'avg', 'stddev']) | list -%}
    {%- if not summed or not insitu.exactness(column.type).squares -%}
        {{ return(insitu.default__exact_totals(group, column)) }}
    {%- endif -%}
    {%- set m = column.measure.column -%}
    {%- set n, units = m ~ '_n_' ~ column.window.label, m ~ '_units_' ~ column.window.label -%}
    {%- set sum = 'sum(' ~ insitu.exact_units(column) ~ ' * ' ~ 2 ** 31 ~ ' + 1) over before' -%}
    {%- set both = insitu.running_difference(group, m ~ '_both', sum, column.window) -%}
    {%- do group.outputs.update({
        n: 'coalesce(cast((' ~ both ~ ') & ' ~ (2 ** 31 - 1) ~ ' as bigint), 0)',
        units: '(' ~ both ~ ') >> 31',
    }) -%}
    {{ return({'n': group.name ~ '.' ~ n, 'units': group.name ~ '.' ~ units}) }}
{% endmacro %}


{#- An open `case`: the sample's standard deviation from exact totals. -#}
{% macro exact_stddev(n, total, squares) %}
    {{- return('case when ' ~ n ~ ' > 1 then sqrt(cast(' ~ n ~ ' * ' ~ squares ~ ' - ' ~ total ~ ' * ' ~ total
        ~ ' as double precision) / (cast(' ~ n ~ ' as double precision) * (' ~ n ~ ' - 1)))') -}}
{% endmacro %}


{#- Registers a running total and its difference over the window; returns its name in the final select. -#}
{% macro running_output(group, accumulator, sql, window) %}
    {%- set is_named = accumulator.endswith('_' ~ window.label) -%}
    {%- set output = accumulator if is_named else accumulator ~ '_' ~ window.label -%}
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
