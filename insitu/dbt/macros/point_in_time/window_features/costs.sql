{#-
    Where looking up the events of a window beats sorting all of them, as {'bounded': [bool, why], 'all': [bool, why],
    'index': bool}: nowhere in DuckDB, which has no such index, but for rows that are asked for by key: they are few, so
    there is nothing to sort.
-#}
{% macro lookup_costs(spine, events, keys, known_at, longest, sorts) %}
    {{ return(adapter.dispatch('lookup_costs', 'insitu')(spine, events, keys, known_at, longest, sorts)) }}
{% endmacro %}

{% macro default__lookup_costs(spine, events, keys, known_at, longest, sorts) %}
    {{ return(insitu.looked_up(insitu.few_rows() == 'by key', '', false)) }}
{% endmacro %}


{#- The same for windows of any length. -#}
{% macro looked_up(by_key, otherwise, index) %}
    {%- set found = [true, 'few rows'] if by_key else [false, otherwise] -%}
    {{ return({'bounded': found, 'all': found, 'index': index}) }}
{% endmacro %}


{#-
    PostgreSQL: looking up reads every event of every window through the index; each sort reads every event once. The
    number of pairs of a spine row and an event of its key is estimated from a sample of blocks of both.
-#}
{% macro postgres__lookup_costs(spine, events, keys, known_at, longest, sorts) %}
    {%- set by_key = insitu.few_rows() == 'by key' -%}
    {%- if not execute or events is string or spine is string or not load_relation(events) or not load_relation(spine)
            or not insitu.has_lookup_index(events, keys.values() | list, known_at) -%}
        {{ return(insitu.looked_up(by_key, 'no index', false)) }}
    {%- endif -%}
    {%- if by_key -%}
        {{ return(insitu.looked_up(by_key, '', true)) }}
    {%- endif -%}
    {%- set tables = run_query(insitu.table_sizes({'spine': spine, 'events': events})).rows -%}
    {%- if tables | length < 2 -%}
        {{ return({'bounded': [false, 'a view'], 'all': [false, 'a view'], 'index': true}) }}
    {%- endif -%}
    {%- set shares = {} -%}
    {%- for role, pages, _ in tables -%}
        {%- do shares.update({role: [100, 100 * 200 / ([pages, 1] | max)] | min}) -%}
    {%- endfor -%}
    {%- set sample = run_query(insitu.lookup_sample(spine, events, keys, known_at, shares)).rows[0] -%}
    {%- set spine_rows, event_rows, pairs, seconds = sample | map('float') -%}
    {%- set seconds = [seconds, 1.0] | max -%}
    {%- set costs = {'index': true} -%}
    {%- for kind, share in [('bounded', [1.0, longest / seconds] | min), ('all', 0.5)] -%}
        {%- set read = pairs * share -%}
        {#- A look-up costs about as much as 20 rows; sorting a row a little more than reading one. -#}
        {%- set is_cheap = read + 20 * spine_rows <= 1.3 * sorts * (event_rows + 5 * spine_rows) -%}
        {%- set reason = 'about ' ~ read | round | int ~ ' events to look up through the index, instead of '
            ~ sorts ~ ' sorts of ' ~ event_rows | round | int -%}
        {%- do costs.update({kind: [is_cheap, reason]}) -%}
    {%- endfor -%}
    {{ return(costs) }}
{% endmacro %}


{#- How often the events would be sorted without looking anything up. -#}
{% macro sorts_needed(measures, types) %}
    {%- set strategy_of = adapter.dispatch('timeline_strategy', 'insitu') -%}
    {%- set sorts = ['running'] -%}
    {%- for measure in measures -%}
        {%- for agg in measure.aggs -%}
            {%- for window in measure.windows
                    if strategy_of(measure, agg, window, types.get(measure.name), {'index': true})[0] == 'partials' -%}
                {#- Its joins and groupings cost about as much. -#}
                {%- do sorts.extend(['pieces', 'pieces again']) -%}
            {%- endfor -%}
            {%- if agg == 'count_distinct' -%}
                {%- do sorts.extend([measure.column ~ ' values', measure.column ~ ' totals']) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(sorts | unique | list | length) }}
{% endmacro %}


{#- The longest bounded window of all measures, in seconds. -#}
{% macro longest_window(measures) %}
    {%- set seconds = [0] -%}
    {%- for measure in measures -%}
        {%- for window in measure.windows if window.seconds is not none -%}
            {%- do seconds.append(window.seconds) -%}
        {%- endfor -%}
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
