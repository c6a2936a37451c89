{#-
    Arguments -> plan: everything the rendering macros need, checked.
    A plan's `columns` are the generated features, each with the strategy that computes it and the reason.
-#}
{% macro plan_window_features(spine, events, keys, measures, windows, available_at, as_of, spine_key, prefix, gap, strategy) %}
    {%- set spine_types = insitu.known_columns(spine) -%}
    {%- set event_types = insitu.known_columns(events) -%}
    {%- set keys = insitu.keys_mapping(keys) -%}
    {%- set available_at = available_at or insitu.declared_available_at(events) -%}
    {%- if execute -%}
        {{- insitu.check_timestamp('as_of', as_of, spine_types, spine) -}}
        {{- insitu.check_timestamp('available_at', available_at, event_types, events) -}}
        {{- insitu.check_keys(keys, spine_types, event_types, spine, events) -}}
    {%- endif -%}
    {%- set spine_key = [spine_key] if spine_key is string else (spine_key or keys.keys() | list) -%}
    {%- for column in spine_key -%}{{- insitu.check_column('spine_key', column, spine_types, spine) -}}{%- endfor -%}
    {%- set gap_seconds = insitu.parse_window(gap, 'gap').seconds if gap else 0 -%}
    {%- set measures = insitu.normalise_measures(measures, [windows] if windows is string else windows) -%}
    {{- insitu.check_measure_columns(measures, event_types, events, available_at) -}}
    {%- set types = insitu.measure_types(measures, events, event_types) -%}
    {{- insitu.check_measure_types(measures, types) -}}
    {%- if strategy not in ['auto', 'timeline', 'range_join'] -%}
        {{ insitu.features_error('strategy', "'" ~ strategy ~ "'", "'auto', 'timeline' or 'range_join'") }}
    {%- endif -%}
    {%- set lookups = insitu.lookup_costs(spine, events, keys, available_at, insitu.longest_window(measures), insitu.sorts_needed(measures, types)) -%}
    {%- set columns, parts = [], [] -%}
    {%- for measure in measures -%}
        {%- for agg in measure.aggs -%}
            {%- for window in measure.windows -%}
                {%- set column = insitu.plan_column(measure, agg, window, prefix, types.get(measure.name), strategy, lookups) -%}
                {%- do columns.append(column) -%}
                {%- do parts.extend(column.parts) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for trend in measure.trend -%}
            {%- set column = insitu.plan_trend(measure, trend, prefix, types.get(measure.name), strategy, lookups) -%}
            {%- do columns.append(column) -%}
            {%- for part in column.parts -%}{%- do parts.extend([part] + part.parts) -%}{%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set base = columns | rejectattr('agg', 'equalto', 'trend') | list + parts -%}
    {{- insitu.check_names(columns, measures, keys, spine_key) -}}
    {%- set plan = {
        'macro': 'window_features', 'spine': spine, 'events': events, 'key_columns': keys, 'as_of': as_of, 'available_at': available_at,
        'spine_key': spine_key, 'prefix': prefix, 'gap': gap_seconds, 'measures': measures, 'columns': columns, 'base_columns': base, 'lookups': lookups,
        'reach': insitu.window_reach(base, gap_seconds),
    } -%}
    {%- set in_parts = base | selectattr('strategy', 'equalto', 'partials') | list -%}
    {%- do plan.update({'tiers': insitu.choose_tiers(plan) if in_parts else []}) -%}
    {%- for column in columns + in_parts if column.strategy == 'partials' -%}{%- do column.update({'reason': insitu.tiers_reason(plan.tiers)}) -%}{%- endfor -%}
    {{ return(plan) }}
{% endmacro %}


{#-
    One generated feature, with the strategy that computes it and the reason. Its `parts` are columns that it is made of:
    distinct values in a window are its events, less repeats.
-#}
{% macro plan_column(measure, agg, window, prefix, data_type, strategy, lookups) %}
    {%- set argument = "measures, '" ~ measure.name ~ "'" -%}
    {%- if window.seconds is none and insitu.feature_aggregates()[agg].bounded -%}
        {{ insitu.features_error(argument, "'" ~ agg ~ "' over 'all'", "bounded windows, such as 'windows': ['30 days'] in the measure") }}
    {%- elif agg == 'decayed_sum' and window.seconds > 200 * measure.half_life.seconds -%}
        {{ insitu.features_error(argument, 'a window of ' ~ window.text ~ ' for the half-life ' ~ measure.half_life.text, 'a window of at most 200 half-lives') }}
    {%- endif -%}
    {%- set choice = insitu.choose_strategy(measure, agg, window, data_type, strategy, lookups) -%}
    {%- set alias = insitu.feature_name(measure, agg, window.label) -%}
    {%- set parts = [] -%}
    {%- if agg == 'count_distinct' and choice[0] == 'running' and window.seconds is not none -%}
        {%- do parts.append(insitu.plan_column(measure, 'count', window, prefix, data_type, strategy, lookups)) -%}
    {%- endif -%}
    {{ return({
        'name': (prefix ~ '__' if prefix else '') ~ alias, 'alias': alias, 'measure': measure, 'agg': agg, 'window': window, 'parts': parts,
        'strategy': choice[0], 'reason': choice[1], 'type': data_type,
        'default': 0 if agg in ['count', 'rate_per_day', 'count_distinct'] else measure.default,
    }) }}
{% endmacro %}


{#- {'agg': 'avg', 'windows': ['1 day', '7 days'], 'how': 'ratio'}: the short window against the long one. -#}
{% macro plan_trend(measure, trend, prefix, data_type, strategy, lookups) %}
    {%- set argument = "measures, '" ~ measure.name ~ "', trend" -%}
    {%- set how = trend.get('how', 'difference') -%}
    {%- set agg = trend.get('agg', 'count') -%}
    {%- if how not in ['difference', 'ratio'] -%}{{ insitu.features_error(argument, "'how': '" ~ how ~ "'", "'difference' or 'ratio'") }}{%- endif -%}
    {%- if agg not in ['count', 'rate_per_day', 'sum', 'avg', 'stddev', 'min', 'max', 'count_distinct', 'decayed_sum'] -%}
        {{ insitu.features_error(argument, "the aggregate '" ~ agg ~ "'", 'a numeric aggregate: count, rate_per_day, sum, avg, stddev, min, max, count_distinct or decayed_sum') }}
    {%- endif -%}
    {%- if trend.get('windows', []) | length != 2 -%}
        {{ insitu.features_error(argument, "'windows': " ~ trend.get('windows'), "two windows, the short one first: ['1 day', '7 days']") }}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for window in trend.windows -%}
        {%- do parts.append(insitu.plan_column(measure, agg, insitu.parse_window(window), prefix, data_type, strategy, lookups)) -%}
    {%- endfor -%}
    {%- set word = {'difference': '_minus_', 'ratio': '_over_'}[how] -%}
    {%- set alias = parts[0].alias ~ word ~ parts[1].window.label -%}
    {{ return({
        'name': (prefix ~ '__' if prefix else '') ~ alias, 'alias': alias, 'measure': measure, 'agg': 'trend', 'window': parts[1].window,
        'strategy': parts[0].strategy, 'reason': parts[0].reason, 'type': data_type, 'default': measure.default, 'how': how, 'parts': parts,
    }) }}
{% endmacro %}


{#- Generated names must be new, and the measures' must not hide a column of the query. -#}
{% macro check_names(columns, measures, keys, spine_key) %}
    {%- set used = ['as_of', 'moment', 'moment_before', 'is_event', 'edge', 'start', 'bucket', 'lower_edge', 'own', 'inside'] -%}
    {%- for measure in measures if measure.name in keys.keys() | list + used -%}
        {{ insitu.features_error('measures', "a measure named '" ~ measure.name ~ "'", 'another name: this one is a key or a name the macro uses') }}
    {%- endfor -%}
    {%- for key in keys if key in used -%}
        {{ insitu.features_error('keys', "a key named '" ~ key ~ "'", 'another name, given by a model before: the macro uses this one') }}
    {%- endfor -%}
    {%- set names = spine_key + ['as_of'] -%}
    {%- for column in columns -%}
        {%- if column.name in names -%}{{ insitu.features_error('measures', "two columns named '" ~ column.name ~ "'", 'distinct names') }}{%- endif -%}
        {%- do names.append(column.name) -%}
    {%- endfor -%}
{% endmacro %}


{#- How often the events would be sorted without looking anything up. -#}
{% macro sorts_needed(measures, types) %}
    {%- set sorts = ['running'] -%}
    {%- for measure in measures -%}
        {%- for agg in measure.aggs -%}
            {%- for window in measure.windows if adapter.dispatch('timeline_strategy', 'insitu')(measure, agg, window, types.get(measure.name), {'index': true})[0] == 'partials' -%}
                {#- Its joins and groupings cost about as much. -#}
                {%- do sorts.extend(['pieces', 'pieces again']) -%}
            {%- endfor -%}
            {%- if agg == 'count_distinct' -%}{%- do sorts.extend([measure.name ~ ' values', measure.name ~ ' totals']) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(sorts | unique | list | length) }}
{% endmacro %}


{#- The longest bounded window of all measures, in seconds. -#}
{% macro longest_window(measures) %}
    {%- set seconds = [0] -%}
    {%- for measure in measures -%}
        {%- for window in measure.windows if window.seconds is not none -%}{%- do seconds.append(window.seconds) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(seconds | max) }}
{% endmacro %}


{#- How long before as_of the earliest event can matter, in seconds; none if for ever. -#}
{% macro window_reach(columns, gap) %}
    {%- set reach = [gap] -%}
    {%- for column in columns -%}
        {%- if column.window.seconds is none -%}{{ return(none) }}{%- endif -%}
        {%- do reach.append(gap + column.window.seconds) -%}
    {%- endfor -%}
    {{ return(reach | max) }}
{% endmacro %}


{#- 'a', ['a', 'b'] or {'spine column': 'event column'} -> {spine column: event column}. -#}
{% macro keys_mapping(keys) %}
    {%- if keys is mapping and keys -%}{{ return(keys) }}{%- endif -%}
    {%- set result = {} -%}
    {%- for key in ([keys] if keys is string else keys or []) -%}
        {%- if key is mapping -%}{%- do result.update(key) -%}{%- else -%}{%- do result.update({key: key}) -%}{%- endif -%}
    {%- endfor -%}
    {%- if not result -%}
        {{ insitu.features_error('keys', 'no key', "['entity_id'] or {'spine_column': 'event_column'}") }}
    {%- endif -%}
    {{ return(result) }}
{% endmacro %}


{#- The availability column that the model or source declares in `meta.point_in_time`. -#}
{% macro declared_available_at(events) %}
    {%- if not execute -%}{{ return('available_at') }}{%- endif -%}
    {%- for node in graph.nodes.values() | list + graph.sources.values() | list if node.relation_name == events | string -%}
        {%- set meta = node.config.get('meta', {}) or node.get('meta', {}) -%}
        {%- set declared = meta.get('point_in_time', {}).get('available_at') -%}
        {%- if declared -%}{{ return(declared) }}{%- endif -%}
    {%- endfor -%}
    {{ insitu.features_error('available_at', 'none, and ' ~ events ~ ' declares none',
        "a column name here, or `config.meta.point_in_time.available_at` on the events' model") }}
{% endmacro %}


{#- An `expr` that is just a column name must be a column; of other expressions the database says whether they mean something. -#}
{% macro check_measure_columns(measures, event_types, events, available_at) %}
    {%- for measure in measures -%}
        {%- for column in [measure.expr] + measure.order_by if column and modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', column | string) -%}
            {{- insitu.check_column("measures, '" ~ measure.name ~ "'", column | string, event_types, events) -}}
        {%- endfor -%}
    {%- endfor -%}
    {%- set expressions = [] -%}
    {%- for measure in measures -%}
        {%- set argument = "measures, '" ~ measure.name ~ "'" -%}
        {%- if measure.expr is not none -%}
            {%- do expressions.append({'argument': argument ~ ', expr', 'sql': measure.expr}) -%}
            {%- for form in insitu.tried_forms(measure) -%}
                {%- do expressions.append({'argument': argument, 'sql': measure.expr, 'tried': form | replace('{x}', measure.expr) | replace('{events}', events | string)}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if measure.where -%}
            {%- do expressions.append({'argument': argument ~ ', where', 'sql': measure.where, 'tried': 'case when ' ~ measure.where ~ ' then 1 end'}) -%}
        {%- endif -%}
        {%- for column in measure.order_by -%}{%- do expressions.append({'argument': argument ~ ', order_by', 'sql': column}) -%}{%- endfor -%}
    {%- endfor -%}
    {{- insitu.check_expressions(expressions, events, event_types, available_at, 'window_features') -}}
{% endmacro %}


{#- What the aggregates of a measure ask of its type: to become a number, to have a greatest, to be told apart. -#}
{% macro tried_forms(measure) %}
    {%- set forms = [] -%}
    {%- for agg in insitu.measure_aggregates(measure) -%}
        {%- if insitu.feature_aggregates()[agg].numeric -%}{%- do forms.append('cast({x} as double precision)') -%}
        {%- elif agg in ['min', 'max'] -%}{%- do forms.append('(select max(x) from (select {x} as x from {events}) as tried)') -%}
        {%- elif agg in ['count_distinct', 'mode', 'first', 'last'] -%}{%- do forms.append('(select count(distinct x) from (select {x} as x from {events}) as tried)') -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(forms | unique | list) }}
{% endmacro %}


{#- Its own, and those of its trends. -#}
{% macro measure_aggregates(measure) %}
    {%- set aggregates = measure.aggs | list -%}
    {%- for trend in measure.trend -%}{%- do aggregates.append(trend.get('agg', 'count')) -%}{%- endfor -%}
    {{ return(aggregates | unique | select('in', insitu.feature_aggregates()) | list) }}
{% endmacro %}


{#- Sums need numbers, and filters conditions: a text that the database would try to read as one is a mistake. -#}
{% macro check_measure_types(measures, types) %}
    {%- for measure in measures -%}
        {%- set argument = "measures, '" ~ measure.name ~ "'" -%}
        {%- for agg in insitu.measure_aggregates(measure) if insitu.feature_aggregates()[agg].numeric and measure.name in types and insitu.is_no_number(types[measure.name]) -%}
            {{ insitu.features_error(argument, "'" ~ agg ~ "' of `" ~ measure.expr ~ '`, which is of type ' ~ types[measure.name], 'a number: cast it, or take min, max, count_distinct, first, last or mode') }}
        {%- endfor -%}
        {%- set type = types.get('_where_' ~ measure.name) -%}
        {%- if type and (insitu.type_family(type) in ['text', 'time'] or insitu.is_no_number(type)) -%}
            {{ insitu.features_error(argument ~ ', where', '`' ~ measure.where ~ '`, which is of type ' ~ type, 'a condition, true or false') }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- Measure name -> database type of its expression, _where_<name> -> that of its filter, when the events exist already; {} otherwise. -#}
{% macro measure_types(measures, events, event_types) %}
    {%- set wanted = [] -%}
    {%- for measure in measures -%}
        {%- if measure.expr is not none -%}{%- do wanted.append(measure.expr ~ ' as ' ~ measure.name) -%}{%- endif -%}
        {%- if measure.where -%}{%- do wanted.append(measure.where ~ ' as _where_' ~ measure.name) -%}{%- endif -%}
    {%- endfor -%}
    {%- if not execute or event_types is none or not wanted -%}{{ return({}) }}{%- endif -%}
    {%- set probe -%}
        select {{ wanted | join(', ') }} from {{ events }} where 1 = 0
    {%- endset -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_column_schema_from_query(probe) -%}
        {%- do types.update({column.name: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(types) }}
{% endmacro %}
