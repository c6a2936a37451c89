{#-
    Which SQL shape computes a feature, and why. Returns [strategy, reason].
      running     running totals over one sort of events and window edges; the value at the lower edge is subtracted
      partials    whole tiers of time inside the window, aggregated once for all, and the events at its ends
      range_join  the events of each window, joined to the spine row or looked up through an index
      probe       one look-up of the single row that counts, through an index
    `lookups` says where looking up is cheap: {'bounded': [bool, why], 'all': [bool, why], 'index': bool}.
-#}
{% macro choose_strategy(measure, agg, window, data_type, forced, lookups) %}
    {%- if forced == 'range_join' -%}{{ return(['range_join', 'asked for']) }}{%- endif -%}
    {%- if forced == 'auto' -%}
        {%- set cheap = lookups['all' if window.seconds is none else 'bounded'] -%}
        {%- if cheap[0] and agg not in ['first', 'last'] -%}{{ return(['range_join', cheap[1]]) }}{%- endif -%}
    {%- endif -%}
    {{ return(adapter.dispatch('timeline_strategy', 'insitu')(measure, agg, window, data_type, lookups)) }}
{% endmacro %}


{#- Never in proportion to spine rows x events, except for the most frequent value. -#}
{% macro default__timeline_strategy(measure, agg, window, data_type, lookups) %}
    {%- set exact = insitu.exactness(data_type) -%}
    {%- if agg == 'mode' -%}
        {{ return(['range_join', 'the most frequent value can not be combined from parts']) }}
    {%- elif agg == 'count_distinct' -%}
        {{ return(['running', 'events less repeats of a value, which are counted along time']) }}
    {%- elif window.seconds is none -%}
        {{ return(['running', 'all history: nothing to subtract']) }}
    {%- elif agg in ['sum', 'avg'] and exact.sum or agg == 'stddev' and exact.squares -%}
        {{ return(['running', data_type ~ ' is exact: totals can be subtracted without loss']) }}
    {%- elif agg in ['count', 'rate_per_day'] and not insitu.sums_are_merged(measure, exact) -%}
        {{ return(['running', 'counts are whole numbers: subtracting them is exact']) }}
    {%- endif -%}
    {{ return(['partials', 'nothing is subtracted']) }}
{% endmacro %}


{#- Sums that can not be subtracted come from partials, and bring their counts with them. -#}
{% macro sums_are_merged(measure, exact) %}
    {%- set aggregates = insitu.measure_aggregates(measure) -%}
    {{ return(not exact.sum and ('sum' in aggregates or 'avg' in aggregates) or not exact.squares and 'stddev' in aggregates) }}
{% endmacro %}


{#- PostgreSQL's window functions can not skip NULLs: first and last are probes, or joins where there is no index. -#}
{% macro postgres__timeline_strategy(measure, agg, window, data_type, lookups) %}
    {%- if agg in ['first', 'last'] -%}
        {{ return(['probe', 'one row through the index'] if lookups.index else ['range_join', 'there is no index on keys and availability']) }}
    {%- elif agg == 'time_since_last' -%}
        {{ return(['running', 'one look back serves every window']) }}
    {%- endif -%}
    {{ return(insitu.default__timeline_strategy(measure, agg, window, data_type, lookups)) }}
{% endmacro %}


{#- Where looking up the events of a window beats sorting all of them: nowhere in DuckDB, it has no such index. -#}
{% macro lookup_costs(spine, events, keys, available_at, longest, sorts) %}
    {{ return(adapter.dispatch('lookup_costs', 'insitu')(spine, events, keys, available_at, longest, sorts)) }}
{% endmacro %}

{% macro default__lookup_costs(spine, events, keys, available_at, longest, sorts) %}
    {{ return({'bounded': [false, ''], 'all': [false, ''], 'index': false}) }}
{% endmacro %}


{#-
    PostgreSQL: looking up reads every event of every window through the index; each sort reads every event once. The
    number of pairs of a spine row and an event of its key is estimated from a sample of blocks of both.
-#}
{% macro postgres__lookup_costs(spine, events, keys, available_at, longest, sorts) %}
    {%- set no = {'bounded': [false, 'no index'], 'all': [false, 'no index'], 'index': false} -%}
    {%- if not execute or events is string or spine is string or not load_relation(events) or not load_relation(spine) -%}{{ return(no) }}{%- endif -%}
    {%- if not insitu.has_lookup_index(events, keys.values() | list, available_at) -%}{{ return(no) }}{%- endif -%}
    {%- set tables = run_query(insitu.table_sizes({'spine': spine, 'events': events})).rows -%}
    {%- if tables | length < 2 -%}{{ return({'bounded': [false, 'a view'], 'all': [false, 'a view'], 'index': true}) }}{%- endif -%}
    {%- set shares = {} -%}
    {%- for row in tables -%}{%- do shares.update({row[0]: [100, 100 * 200 / ([row[1], 1] | max)] | min}) -%}{%- endfor -%}
    {%- set e = run_query(insitu.lookup_sample(spine, events, keys, available_at, shares)).rows[0] -%}
    {%- set spine_rows, event_rows, pairs, seconds = e[0] | float, e[1] | float, e[2] | float, [e[3] | float, 1.0] | max -%}
    {%- set result = {'index': true} -%}
    {%- for kind, share in [('bounded', [1.0, longest / seconds] | min), ('all', 0.5)] -%}
        {%- set read = pairs * share -%}
        {#- A look-up costs about as much as 20 rows; sorting a row a little more than reading one. -#}
        {%- set cheap = read + 20 * spine_rows <= 1.3 * sorts * (event_rows + 5 * spine_rows) -%}
        {%- do result.update({kind: [cheap, 'about ' ~ read | round | int ~ ' events to look up through the index, instead of ' ~ sorts ~ ' sorts of ' ~ event_rows | round | int]}) -%}
    {%- endfor -%}
    {{ return(result) }}
{% endmacro %}
