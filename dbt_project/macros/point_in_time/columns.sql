{#-
    The SQL of one feature. Registers what it needs in `groups` (one group = one sort = one pair of CTEs) and returns
    the expression for the final select.
      group.accumulators   alias -> window aggregate, one value on every row of the timeline
      group.outputs        alias -> that value at the spine row, read off the edges
-#}
{% macro feature_expression(groups, column, plan) %}
    {%- set measure, agg, window = column.measure, column.agg, column.window -%}
    {%- set sql = running_expression(groups, column, plan) if column.strategy == 'running' else blocks_expression(groups, column, plan) -%}
    {%- set default = measure.default if measure.default is not none else (0 if agg in ['count', 'rate_per_day', 'count_distinct'] else none) -%}
    {{ return(sql if default is none else 'coalesce(' ~ sql ~ ', ' ~ default ~ ')') }}
{% endmacro %}


{#- The group of that strategy, window and order within equal times; made on first use. -#}
{% macro feature_group(groups, strategy, window=none, order=none) %}
    {%- set name = strategy if strategy == 'running' else 'block_' ~ window.label -%}
    {%- set name = name ~ ('_' ~ order.name if order else '') -%}
    {%- if name not in groups -%}
        {%- do groups.update({name: {'name': name, 'strategy': strategy, 'window': window, 'order': order, 'edges': [],
            'accumulators': {}, 'outputs': {}, 'columns': []}}) -%}
    {%- endif -%}
    {{ return(groups[name]) }}
{% endmacro %}


{#- The accumulator's value at an edge of the spine row. -#}
{% macro at_edge(group, accumulator, edge) %}
    {%- if edge not in group.edges -%}{%- do group.edges.append(edge) -%}{%- endif -%}
    {{ return('max(' ~ accumulator ~ ") filter (where edge = '" ~ edge ~ "')") }}
{% endmacro %}
