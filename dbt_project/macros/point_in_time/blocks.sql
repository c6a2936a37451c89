{#-
    A feature from blocks: time is cut into blocks as long as the window, so a window [as_of - w, as_of) is the end of
    one block, from the lower edge, and the beginning of the next, up to as_of. Both are running aggregates within a
    block, one at each edge of the spine row, and they are combined, never subtracted: NaN, infinities and huge values
    stay in their own windows. (The idea is van Herk's and Gil and Werman's for running minima, 1992 and 1993.)
-#}
{% macro blocks_expression(groups, column, plan) %}
    {%- set m, agg, window, alias = column.measure.name, column.agg, column.window, column.alias -%}
    {%- set group = feature_group(groups, 'blocks', window, column.measure if agg == 'first' else none) -%}
    {%- set real = 'cast(' ~ m ~ ' as double precision)' -%}
    {%- if agg in ['count', 'rate_per_day'] -%}
        {%- set n = block_part(group, m ~ '_n', 'count(' ~ m ~ ')') -%}
        {%- set sql = 'sum(' ~ n ~ ')' ~ (' / ' ~ window.seconds / 86400 if agg == 'rate_per_day' else '') -%}
    {%- elif agg in ['min', 'max'] -%}
        {%- set sql = agg ~ '(' ~ block_part(group, m ~ '_' ~ agg, agg ~ '(' ~ m ~ ')') ~ ')' -%}
    {%- elif agg == 'sum' and 'avg' not in column.measure.aggs and 'stddev' not in column.measure.aggs -%}
        {%- set sql = 'sum(' ~ block_part(group, m ~ '_sum', 'sum(' ~ real ~ ')') ~ ')' -%}
    {%- elif agg in ['sum', 'avg'] -%}
        {#- A window aggregate costs more than a product: one average serves all three. -#}
        {%- set n = block_part(group, m ~ '_n', 'count(' ~ m ~ ')') -%}
        {%- set sql = 'sum(' ~ n ~ ' * ' ~ block_part(group, m ~ '_mean', 'avg(' ~ real ~ ')') ~ ')' -%}
        {%- set sql = sql ~ (' / nullif(sum(' ~ n ~ '), 0)' if agg == 'avg' else '') -%}
    {%- elif agg == 'stddev' -%}
        {%- set n = block_part(group, m ~ '_n', 'count(' ~ m ~ ')') -%}
        {%- set sql = merged_stddev(n, block_part(group, m ~ '_mean', 'avg(' ~ real ~ ')'), block_part(group, m ~ '_var', 'var_pop(' ~ real ~ ')')) -%}
    {%- elif agg == 'decayed_sum' -%}
        {%- set half_life = column.measure.half_life.seconds -%}
        {%- set block = time_block('moment', window.seconds) -%}
        {%- set grown = 'sum(' ~ real ~ ' * power(2.0, ' ~ seconds_between(block, 'moment') ~ ' / ' ~ half_life ~ '.0))' -%}
        {%- set part = block_part(group, m ~ '_decayed', grown, ' / power(2.0, ' ~ seconds_between(block, 'as_of') ~ ' / ' ~ half_life ~ '.0)') -%}
        {%- set sql = 'sum(' ~ part ~ ')' -%}
    {%- elif agg == 'first' -%}
        {%- set part = block_part(group, m ~ '_first', first_value_of(m)) -%}
        {%- set sql = 'coalesce(' ~ at_edge(group, part, window.label) ~ ', ' ~ at_edge(group, part, 'as_of') ~ ')' -%}
    {%- endif -%}
    {%- do group.outputs.update({alias: sql}) -%}
    {{ return(group.name ~ '.' ~ alias) }}
{% endmacro %}


{#- One value per edge: from the block's start up to as_of, or from the lower edge to its block's end. -#}
{% macro block_part(group, name, sql, factor='') %}
    {%- for edge in ['as_of', group.window.label] if edge not in group.edges -%}{%- do group.edges.append(edge) -%}{%- endfor -%}
    {%- do group.accumulators.update({
        name: "case edge when 'as_of' then " ~ sql ~ ' over before else ' ~ sql ~ ' over after end' ~ factor}) -%}
    {{ return(name) }}
{% endmacro %}


{#- Two parts' (n, mean, population variance) -> sample standard deviation (Chan, Golub and LeVeque 1979). -#}
{% macro merged_stddev(n, mean, variance) %}
    {%- set apart = '(max(' ~ mean ~ ') - min(' ~ mean ~ '))' -%}
    {#- 0 * infinity is NaN, as the deviation is when one of the values is infinite. -#}
    {%- set between = 'max(' ~ n ~ ') * min(' ~ n ~ ') * power(' ~ apart ~ ', 2) / nullif(sum(' ~ n ~ '), 0) + 0 * ' ~ apart -%}
    {{ return('sqrt((sum(' ~ n ~ ' * ' ~ variance ~ ') + ' ~ between ~ ') / nullif(sum(' ~ n ~ ') - 1, 0))') }}
{% endmacro %}
