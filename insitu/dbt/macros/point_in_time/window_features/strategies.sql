{#-
    Which SQL shape computes a feature, and why: [strategy, reason].
    - `running`: running totals over one sort of events and window edges; the value at the lower edge is subtracted
    - `partials`: whole tiers of time inside the window, aggregated once for all, and the events at its ends
    - `range_join`: the events of each window, joined to the spine row or looked up through an index
    - `probe`: one look-up of the single row that counts, through an index
-#}
{% macro choose_strategy(measure, agg, window, data_type, forced, lookups) %}
    {%- if forced == 'range_join' -%}{{ return(['range_join', 'asked for']) }}{%- endif -%}
    {%- if forced == 'auto' -%}
        {%- set cheap = lookups['all' if window.seconds is none else 'bounded'] -%}
        {#- An index finds the first and the last at once. -#}
        {%- if cheap[0] and not (lookups.index and agg in ['first', 'last']) -%}
            {{ return(['range_join', cheap[1]]) }}
        {%- endif -%}
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
    {%- set inexact_sum = not exact.sum and ('sum' in aggregates or 'avg' in aggregates) -%}
    {{ return(inexact_sum or not exact.squares and 'stddev' in aggregates) }}
{% endmacro %}


{#- PostgreSQL's window functions can not skip NULLs: first and last are probes, or joins where there is no index. -#}
{% macro postgres__timeline_strategy(measure, agg, window, data_type, lookups) %}
    {%- if agg in ['first', 'last'] -%}
        {%- if lookups.index -%}{{ return(['probe', 'one row through the index']) }}{%- endif -%}
        {{ return(['range_join', 'there is no index on keys and availability']) }}
    {%- elif agg == 'time_since_last' -%}
        {{ return(['running', 'one look back serves every window']) }}
    {%- endif -%}
    {{ return(insitu.default__timeline_strategy(measure, agg, window, data_type, lookups)) }}
{% endmacro %}
