{#-
    Which SQL shape computes a feature, and why. Returns [strategy, reason].
      running     running totals over one sort of events and window edges; the value at the lower edge is subtracted
      blocks      time cut into blocks as long as the window: end of one block + beginning of the next, nothing subtracted
      range_join  the events of each window joined to the spine row
-#}
{% macro choose_strategy(measure, agg, window, data_type, forced='auto') %}
    {%- if forced not in ['auto', 'timeline', 'range_join'] -%}
        {{ features_error('strategy', "'" ~ forced ~ "'", "'auto', 'timeline' or 'range_join'") }}
    {%- endif -%}
    {%- if forced == 'range_join' -%}{{ return(['range_join', 'asked for']) }}{%- endif -%}
    {%- if agg == 'mode' -%}
        {{ return(['range_join', 'the most frequent value can not be combined from parts']) }}
    {%- elif agg in ['count', 'rate_per_day', 'count_distinct'] -%}
        {{ return(['running', 'counts are whole numbers: subtracting them is exact']) }}
    {%- elif agg in ['last', 'time_since_last'] -%}
        {{ return(['running', 'one look-up serves every window']) }}
    {%- elif window.seconds is none -%}
        {{ return(['running', 'all history: nothing to subtract']) }}
    {%- elif agg in ['min', 'max', 'first', 'decayed_sum'] -%}
        {{ return(['blocks', agg ~ ' can not be subtracted']) }}
    {%- endif -%}
    {%- set exact = exactness(data_type) -%}
    {%- if (exact.squares if agg == 'stddev' else exact.sum) -%}
        {{ return(['running', data_type ~ ' is exact: totals can be subtracted without loss']) }}
    {%- endif -%}
    {{ return(['blocks', (data_type or 'a type not known at compile time') ~ ' would lose digits, and keep NaN for ever, when subtracted']) }}
{% endmacro %}
