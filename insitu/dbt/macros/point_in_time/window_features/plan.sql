{#-
    Arguments -> plan: everything the rendering macros need, checked.
    A plan's `columns` are the generated features, each with the strategy that computes it and the reason.
-#}
{% macro plan_window_features(
    spine, events, keys, measures, windows, available_at, as_of, spine_key, prefix, gap, strategy
) %}
    {%- set spine_types, event_types = insitu.known_columns(spine), insitu.known_columns(events) -%}
    {%- set keys = insitu.keys_mapping(keys) -%}
    {%- set available_at = available_at or insitu.declared_available_at(events) -%}
    {%- set as_of = insitu.check_timestamp('as_of', as_of, spine_types, spine) -%}
    {%- set available_at = insitu.check_timestamp('available_at', available_at, event_types, events) -%}
    {%- set keys = insitu.check_keys(keys, spine_types, event_types, spine, events) -%}
    {%- set known_at = insitu.known_at(events, available_at) -%}
    {%- set spine_key = insitu.checked_spine_key(spine_key, keys, spine_types, spine) -%}
    {%- set gap_seconds = insitu.parse_window(gap, 'gap').seconds if gap else 0 -%}
    {%- set measures = insitu.normalise_measures(measures, [windows] if windows is string else windows, event_types) -%}
    {%- do insitu.check_measure_columns(measures, event_types, events, available_at) -%}
    {%- set types = insitu.measure_types(measures, events, event_types) -%}
    {%- do insitu.check_measure_types(measures, types) -%}
    {%- if strategy not in ['auto', 'timeline', 'range_join'] -%}
        {%- do insitu.features_error('strategy', "'" ~ strategy ~ "'", "'auto', 'timeline' or 'range_join'") -%}
    {%- endif -%}
    {%- set longest, sorts = insitu.longest_window(measures), insitu.sorts_needed(measures, types) -%}
    {%- set lookups = insitu.lookup_costs(spine, events, keys, known_at, longest, sorts) -%}

    {%- set columns, parts = [], [] -%}
    {%- for measure in measures -%}
        {%- set common = [prefix, types.get(measure.name), strategy, lookups] -%}
        {%- for agg in measure.aggs -%}
            {%- for window in measure.windows -%}
                {%- set column = insitu.plan_column(measure, agg, window, *common) -%}
                {%- do columns.append(column) -%}
                {%- do parts.extend(column.parts) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for trend in measure.trend -%}
            {%- set column = insitu.plan_trend(measure, trend, *common) -%}
            {%- do columns.append(column) -%}
            {%- for part in column.parts -%}{%- do parts.extend([part] + part.parts) -%}{%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do insitu.check_names(columns, measures, keys, spine_key) -%}

    {%- set base_columns = columns | rejectattr('agg', 'equalto', 'trend') | list + parts -%}
    {%- set plan = {
        'macro': 'window_features',
        'spine': spine,
        'events': events,
        'key_columns': keys,
        'as_of': as_of,
        'available_at': available_at,
        'known_at': known_at,
        'spine_key': spine_key,
        'prefix': prefix,
        'gap': gap_seconds,
        'measures': measures,
        'columns': columns,
        'base_columns': base_columns,
        'lookups': lookups,
        'reach': insitu.window_reach(base_columns, gap_seconds),
    } -%}
    {%- set in_parts = base_columns | selectattr('strategy', 'equalto', 'partials') | list -%}
    {%- do plan.update({'tiers': insitu.choose_tiers(plan) if in_parts else []}) -%}
    {%- for column in columns + in_parts if column.strategy == 'partials' -%}
        {%- do column.update({'reason': insitu.tiers_reason(plan.tiers)}) -%}
    {%- endfor -%}
    {{ return(plan) }}
{% endmacro %}


{#-
    One generated feature, with the strategy that computes it and the reason. Its `parts` are columns that it is made
    of: distinct values in a window are its events, less repeats.
-#}
{% macro plan_column(measure, agg, window, prefix, data_type, strategy, lookups) %}
    {%- set argument = "measures, '" ~ measure.name ~ "'" -%}
    {%- if window.seconds is none and insitu.feature_aggregates()[agg].bounded -%}
        {%- do insitu.features_error(
            argument, "'" ~ agg ~ "' over 'all'", "bounded windows, such as 'windows': ['30 days'] in the measure"
        ) -%}
    {%- elif agg == 'decayed_sum' and window.seconds > 200 * measure.half_life.seconds -%}
        {%- do insitu.features_error(
            argument, 'a window of ' ~ window.text ~ ' for the half-life ' ~ measure.half_life.text,
            'a window of at most 200 half-lives'
        ) -%}
    {%- endif -%}
    {%- set chosen, reason = insitu.choose_strategy(measure, agg, window, data_type, strategy, lookups) -%}
    {%- set alias = insitu.feature_name(measure, agg, window.label) -%}
    {%- set parts = [] -%}
    {%- if agg == 'count_distinct' and chosen == 'running' and window.seconds is not none -%}
        {%- do parts.append(insitu.plan_column(measure, 'count', window, prefix, data_type, strategy, lookups)) -%}
    {%- endif -%}
    {{ return({
        'name': insitu.prefixed(prefix, alias),
        'alias': alias,
        'measure': measure,
        'agg': agg,
        'window': window,
        'parts': parts,
        'strategy': chosen,
        'reason': reason,
        'type': data_type,
        'default': 0 if agg in ['count', 'rate_per_day', 'count_distinct'] else measure.default,
    }) }}
{% endmacro %}


{#- {'agg': 'avg', 'windows': ['1 day', '7 days'], 'how': 'ratio'}: the short window against the long one. -#}
{% macro plan_trend(measure, trend, prefix, data_type, strategy, lookups) %}
    {%- set argument = "measures, '" ~ measure.name ~ "', trend" -%}
    {%- set how, agg = trend.get('how', 'difference'), trend.get('agg', 'count') -%}
    {%- if how not in ['difference', 'ratio'] -%}
        {%- do insitu.features_error(argument, "'how': '" ~ how ~ "'", "'difference' or 'ratio'") -%}
    {%- endif -%}
    {%- set numeric = [
        'count', 'rate_per_day', 'sum', 'avg', 'stddev', 'min', 'max', 'count_distinct', 'decayed_sum',
    ] -%}
    {%- if agg not in numeric -%}
        {%- do insitu.features_error(
            argument, "the aggregate '" ~ agg ~ "'",
            'a numeric aggregate: ' ~ numeric[:-1] | join(', ') ~ ' or ' ~ numeric[-1]
        ) -%}
    {%- endif -%}
    {%- if trend.get('windows', []) | length != 2 -%}
        {%- do insitu.features_error(
            argument, "'windows': " ~ trend.get('windows'), "two windows, the short one first: ['1 day', '7 days']"
        ) -%}
    {%- endif -%}
    {%- set parts = [] -%}
    {%- for text in trend.windows -%}
        {%- set window = insitu.parse_window(text) -%}
        {%- do parts.append(insitu.plan_column(measure, agg, window, prefix, data_type, strategy, lookups)) -%}
    {%- endfor -%}
    {%- set short, long = parts -%}
    {%- set alias = short.alias ~ {'difference': '_minus_', 'ratio': '_over_'}[how] ~ long.window.label -%}
    {{ return({
        'name': insitu.prefixed(prefix, alias),
        'alias': alias,
        'measure': measure,
        'agg': 'trend',
        'window': long.window,
        'strategy': short.strategy,
        'reason': short.reason,
        'type': data_type,
        'default': measure.default,
        'how': how,
        'parts': parts,
    }) }}
{% endmacro %}
