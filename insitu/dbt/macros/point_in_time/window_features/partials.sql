{#-
    A feature from partial aggregates: whole tiers of time that lie inside the window, and the events at its two ends.
    Nothing is subtracted, so NaN, infinities and huge values stay in their own windows. Registers in the group
    - `parts`: name -> {event: its value on one event, tier: the aggregate over the events of a tier}
    - `outputs`: alias -> the parts of one window merged
    - `passes`: alias -> the same in a second pass, which knows the outputs of the first
    - `latest`: measure name -> measure, whose value is looked up once its time is known
-#}
{% macro partials_expression(groups, column, plan) %}
    {%- set agg, window = column.agg, column.window -%}
    {%- set group = insitu.feature_group(groups, 'partials') -%}
    {%- do group.update({'gap': plan.gap}) -%}
    {%- if agg in ['min', 'max'] -%}
        {%- set m, value = column.measure.column, column.measure.quoted -%}
        {%- do group.parts.update({m ~ '_' ~ agg: {'event': value, 'tier': agg ~ '(' ~ value ~ ')'}}) -%}
        {{ return(insitu.merged(group, column.alias, agg ~ '(' ~ m ~ '_' ~ agg ~ ')', window)) }}
    {%- elif agg == 'decayed_sum' -%}
        {{ return(insitu.merged_decayed_sum(group, column)) }}
    {%- elif agg == 'first' -%}
        {{ return(insitu.merged_first(group, column)) }}
    {%- elif agg in ['last', 'time_since_last'] -%}
        {{ return(insitu.merged_last(group, column, plan)) }}
    {%- elif agg == 'stddev' -%}
        {{ return(adapter.dispatch('merged_stddev', 'insitu')(group, column)) }}
    {%- elif agg == 'count' -%}
        {{ return(insitu.merged_count(group, column)) }}
    {%- elif agg == 'rate_per_day' -%}
        {{ return(insitu.merged_count(group, column) ~ ' / ' ~ (window.seconds / 86400)) }}
    {%- elif agg == 'avg' -%}
        {{ return(insitu.merged_sum(group, column) ~ ' / nullif(' ~ insitu.merged_count(group, column) ~ ', 0)') }}
    {%- endif -%}
    {{ return(insitu.merged_sum(group, column)) }}
{% endmacro %}


{#- Registers the merged parts of a window; returns their name in the final select. -#}
{% macro merged(group, alias, sql, window, type=none) %}
    {%- set value = sql ~ ' ' ~ insitu.inside_window(group, window) -%}
    {%- do group.outputs.update({alias: 'cast(' ~ value ~ ' as ' ~ type ~ ')' if type else value}) -%}
    {{ return(group.name ~ '.' ~ alias) }}
{% endmacro %}


{#- Which pieces belong to a window. -#}
{% macro inside_window(group, window, condition='') %}
    {%- do group.windows.setdefault(window.label, window) -%}
    {%- set in_window = 'inside & ' ~ insitu.window_bits(group, [window]) ~ ' > 0' -%}
    {{- return('filter (where ' ~ (condition ~ ' and ' if condition else '') ~ in_window ~ ')') -}}
{% endmacro %}


{#- Each window has a bit of its own, in the order in which the features name them. -#}
{% macro window_bits(group, windows) %}
    {%- set bits = [] -%}
    {%- for window in windows -%}
        {%- do bits.append(2 ** (group.windows.keys() | list).index(window.label)) -%}
    {%- endfor -%}
    {{ return(bits | sum) }}
{% endmacro %}


{#- In double precision: exact to 2^53, and half as wide as the warehouses' sums of whole numbers. -#}
{% macro merged_count(group, column) %}
    {%- set m, value = column.measure.column, column.measure.quoted -%}
    {%- do group.parts.update({m ~ '_n': {
        'event': 'case when ' ~ value ~ ' is not null then cast(1 as double precision) else 0 end',
        'tier': 'cast(count(' ~ value ~ ') as double precision)',
    }}) -%}
    {{ return(insitu.merged(group, m ~ '_n_' ~ column.window.label, 'sum(' ~ m ~ '_n)', column.window, 'bigint')) }}
{% endmacro %}


{#- The sum of a window, in double precision; of a type that is summed without loss, only once it is summed. -#}
{% macro merged_sum(group, column) %}
    {%- set m, exact = column.measure.column, insitu.sums_exactly(column.type) -%}
    {%- set value = column.measure.quoted if exact else 'cast(' ~ column.measure.quoted ~ ' as double precision)' -%}
    {%- do group.parts.update({m ~ '_sum': {'event': value, 'tier': 'sum(' ~ value ~ ')'}}) -%}
    {%- set type = 'double precision' if exact else none -%}
    {{ return(insitu.merged(group, m ~ '_sum_' ~ column.window.label, 'sum(' ~ m ~ '_sum)', column.window, type)) }}
{% endmacro %}


{#- Grown since the start of the tier, decayed from there to as_of. -#}
{% macro merged_decayed_sum(group, column) %}
    {%- set m, half_life = column.measure.column, column.measure.half_life.seconds ~ '.0' -%}
    {%- set real = 'cast(' ~ column.measure.quoted ~ ' as double precision)' -%}
    {%- set growth = 'power(2.0, ' ~ insitu.seconds_between('{start}', 'moment') ~ ' / ' ~ half_life ~ ')' -%}
    {%- set decay = 'power(2.0, ' ~ insitu.seconds_between('start', 'as_of') ~ ' / ' ~ half_life ~ ')' -%}
    {%- do group.parts.update({m ~ '_grown': {'event': real, 'tier': 'sum(' ~ real ~ ' * ' ~ growth ~ ')'}}) -%}
    {{ return(insitu.merged(group, column.alias, 'sum(' ~ m ~ '_grown / ' ~ decay ~ ')', column.window)) }}
{% endmacro %}


{#- Squared distances from the window's mean, which the first pass found: what single-pass formulas lose, this
    keeps. -#}
{% macro default__merged_stddev(group, column) %}
    {%- set m, n = column.measure.column, insitu.merged_count(group, column) -%}
    {%- set real = 'cast(' ~ column.measure.quoted ~ ' as double precision)' -%}
    {%- do group.parts.update({
        m ~ '_mean': {'event': real, 'tier': 'avg(' ~ real ~ ')'},
        m ~ '_var': {'event': 'cast(0 as double precision)', 'tier': 'var_pop(' ~ real ~ ')'},
    }) -%}
    {%- set mean = insitu.merged_sum(group, column) ~ ' / nullif(' ~ n ~ ', 0)' -%}
    {%- set square = m ~ '_n * (' ~ m ~ '_var + ' ~ insitu.squared(m ~ '_mean - ' ~ mean) ~ ')' -%}
    {%- do group.passes.update({
        column.alias: 'sum(' ~ square ~ ') ' ~ insitu.inside_window(group, column.window)
    }) -%}
    {{ return('sqrt(' ~ group.name ~ '_squares.' ~ column.alias ~ ' / nullif(' ~ n ~ ' - 1, 0))') }}
{% endmacro %}


{#- DuckDB merges states of its own aggregate, as it does those of its threads: no second pass, so pieces are not
    kept. -#}
{% macro duckdb__merged_stddev(group, column) %}
    {%- set m, value = column.measure.column, column.measure.quoted -%}
    {%- set real, n = 'cast(' ~ value ~ ' as double precision)', 'count(' ~ value ~ ')' -%}
    {%- do group.parts.update({m ~ '_spread': {
        'event': insitu.spread_state('case when ' ~ value ~ ' is not null then 1 else 0 end', real, '0'),
        'tier': insitu.spread_state(n, 'avg(' ~ real ~ ')', 'var_pop(' ~ real ~ ') * ' ~ n),
    }}) -%}
    {%- set state = 'combine_aggr(' ~ m ~ '_spread) ' ~ insitu.inside_window(group, column.window) -%}
    {%- do group.outputs.update({column.alias: 'finalize(' ~ state ~ ')'}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}

{#- The state of DuckDB's stddev_samp: number of values, mean, sum of squared distances, which an infinite mean makes
    NaN. -#}
{% macro spread_state(n, mean, squares) %}
    {%- set fields = [
        "'count': cast(" ~ n ~ ' as ubigint)',
        "'mean': coalesce(" ~ mean ~ ', 0)',
        "'dsquared': coalesce(" ~ squares ~ ' + (' ~ mean ~ ' - ' ~ mean ~ '), 0)',
    ] -%}
    {{- return('to_aggregate_state({' ~ fields | join(', ') ~ "}, 'stddev_samp', ['DOUBLE'])") -}}
{% endmacro %}


{#- The earliest value: of each tier, then of the pieces. Two pieces begin at the same time only if both are events. -#}
{% macro merged_first(group, column) %}
    {%- set m, value = column.measure.column, column.measure.quoted -%}
    {%- set order = ['start'] -%}
    {%- for _ in column.measure.order_by -%}
        {%- set name = m ~ '_order_' ~ loop.index -%}
        {%- do group.parts.update({name: {'event': name, 'tier': 'min(' ~ name ~ ')'}}) -%}
        {%- do order.append(name ~ ' nulls last') -%}
    {%- endfor -%}
    {%- do order.append(m ~ '_first') -%}
    {%- set ordered = value ~ ' order by ' ~ insitu.event_order(column.measure, '', false) -%}
    {%- set first = '(array_agg(' ~ ordered ~ ') filter (where ' ~ value ~ ' is not null))[1]' -%}
    {%- do group.parts.update({m ~ '_first': {'event': value, 'tier': first}}) -%}
    {%- set pieces = insitu.inside_window(group, column.window, m ~ '_first is not null') -%}
    {%- do group.outputs.update({
        column.alias: '(array_agg(' ~ m ~ '_first order by ' ~ order | join(', ') ~ ') ' ~ pieces ~ ')[1]'
    }) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- One look back as far as the longest window serves all: the time of the latest value, and the value at that time. -#}
{% macro merged_last(group, column, plan) %}
    {%- set measure, m, window = column.measure, column.measure.column, column.window -%}
    {%- set windows = [] -%}
    {%- for other in plan.base_columns if other.strategy == 'partials' and other.measure == measure
            and other.agg in ['last', 'time_since_last'] -%}
        {%- do windows.append(other.window) -%}
    {%- endfor -%}
    {%- set longest = windows | sort(attribute='seconds') | last -%}
    {%- set moment = 'case when ' ~ measure.quoted ~ ' is not null then moment end' -%}
    {%- do group.parts.update({m ~ '_moment': {'event': moment, 'tier': 'max(' ~ moment ~ ')'}}) -%}
    {%- set last_moment = insitu.merged(group, m ~ '_last_moment', 'max(' ~ m ~ '_moment)', longest) -%}
    {%- if column.agg == 'last' -%}
        {%- do group.latest.update({m: measure}) -%}
        {%- set value = group.name ~ '_last_' ~ m ~ '.' ~ measure.quoted -%}
    {%- else -%}
        {%- set value = insitu.time_since(last_moment, 'spine.as_of', measure.unit) -%}
    {%- endif -%}
    {%- if window.seconds == longest.seconds -%}{{ return(value) }}{%- endif -%}
    {{ return(insitu.value_in_window(value, last_moment, window, plan)) }}
{% endmacro %}
