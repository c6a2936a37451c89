{#-
    The SQL of one feature in the final select. Registers what it needs in `groups`: a group is one sort, or one pair of
    CTEs, and has
    - `accumulators`: alias -> window aggregate, one value on every row of the timeline
    - `outputs`: alias -> that value for the spine row, read off its edges
-#}
{% macro feature_expression(groups, column, plan) %}
    {%- if column.agg == 'trend' -%}
        {%- set short = insitu.strategy_expression(groups, column.parts[0], plan) -%}
        {%- set long = insitu.strategy_expression(groups, column.parts[1], plan) -%}
        {%- set ratio = short ~ ' / nullif(cast(' ~ long ~ ' as double precision), 0)' -%}
        {%- set sql = short ~ ' - ' ~ long if column.how == 'difference' else ratio -%}
    {%- else -%}
        {%- set sql = insitu.strategy_expression(groups, column, plan) -%}
    {%- endif -%}
    {{ return(sql if column.default is none else 'coalesce(' ~ sql ~ ', ' ~ column.default ~ ')') }}
{% endmacro %}


{#- The SQL of a feature by the strategy that was chosen for it. -#}
{% macro strategy_expression(groups, column, plan) %}
    {%- if column.strategy == 'range_join' -%}{{ return(insitu.range_join_expression(groups, column, plan)) }}
    {%- elif column.strategy == 'probe' -%}{{ return(insitu.probe_expression(groups, column)) }}
    {%- elif column.strategy == 'partials' -%}{{ return(insitu.partials_expression(groups, column, plan)) }}
    {%- elif column.agg == 'count_distinct' -%}{{ return(insitu.distinct_expression(groups, column, plan)) }}
    {%- endif -%}
    {{ return(insitu.running_expression(groups, column, plan)) }}
{% endmacro %}


{#- The group of that strategy, window and order within equal times; made on first use. -#}
{% macro feature_group(groups, strategy, window=none, measure=none) %}
    {%- set name = 'looked_up' if strategy == 'range_join' else strategy -%}
    {%- set name = name ~ ('_' ~ window.label if window else '') ~ ('_' ~ measure.column if measure else '') -%}
    {%- if name not in groups -%}
        {%- do groups.update({name: {
            'name': name, 'strategy': strategy, 'window': window, 'ordered': measure, 'edges': [],
            'accumulators': {}, 'outputs': {}, 'windows': {}, 'parts': {}, 'passes': {}, 'latest': {},
        }}) -%}
    {%- endif -%}
    {{ return(groups[name]) }}
{% endmacro %}


{#- The accumulator's value at an edge of the spine row, so many seconds before as_of. -#}
{% macro at_edge(group, accumulator, seconds) %}
    {%- if -seconds not in group.edges -%}{%- do group.edges.append(-seconds) -%}{%- endif -%}
    {{ return('max(' ~ accumulator ~ ') filter (where edge = ' ~ -seconds ~ ')') }}
{% endmacro %}
