{#-
    A feature from blocks: time is cut into blocks as long as the window, so a window [as_of - w, as_of) is the end of
    one block, from the lower edge, and the beginning of the next, up to as_of. Both are running aggregates within a
    block, and they are combined, never subtracted: NaN, infinities and huge values stay in their own windows.
    (The idea is van Herk's and Gil and Werman's for running minima, 1992.)
-#}
{% macro blocks_expression(groups, column, plan) %}
    {%- set measure, agg, window, alias = column.measure, column.agg, column.window, column.alias -%}
    {%- set m = measure.name -%}
    {%- set group = feature_group(groups, 'blocks', window, measure if agg == 'first' else none) -%}
    {%- do group.columns.append(m) -%}

    {%- if agg in ['min', 'max'] -%}
        {%- set both = block_parts(group, m ~ '_' ~ agg, agg ~ '(' ~ m ~ ')') -%}
        {%- do group.outputs.update({alias: ('least' if agg == 'min' else 'greatest') ~ '(' ~ both | join(', ') ~ ')'}) -%}
        {{ return(group.name ~ '.' ~ alias) }}

    {%- elif agg == 'first' -%}
        {%- set earlier = at_edge(group, m ~ '_first_after', window.label) -%}
        {%- set later = at_edge(group, m ~ '_first_before', 'as_of') -%}
        {%- do group.accumulators.update({m ~ '_first_before': first_value_over(m), m ~ '_first_after': first_value_over(m, 'after')}) -%}
        {%- do group.outputs.update({alias: 'coalesce(' ~ earlier ~ ', ' ~ later ~ ')'}) -%}
        {{ return(group.name ~ '.' ~ alias) }}
    {%- endif -%}

    {%- set n = block_total(group, m ~ '_n', 'count(' ~ m ~ ')') -%}
    {%- if agg in ['sum', 'avg'] -%}
        {%- set total = block_total(group, m ~ '_sum', 'sum(' ~ m ~ ')') -%}
        {{ return('case when ' ~ n ~ ' > 0 then cast(' ~ total ~ ' as double precision)' ~ (' / ' ~ n if agg == 'avg' else '') ~ ' end') }}
    {%- elif agg == 'stddev' -%}
        {%- set parts = {} -%}
        {%- for part, sql in [('n', 'count(' ~ m ~ ')'), ('mean', 'avg(' ~ m ~ ')'), ('var', 'var_pop(' ~ m ~ ')')] -%}
            {%- set both = block_parts(group, m ~ '_' ~ part, sql) -%}
            {%- do group.outputs.update({m ~ '_' ~ part ~ '_before': both[0], m ~ '_' ~ part ~ '_after': both[1]}) -%}
        {%- endfor -%}
        {{ return(merged_stddev(group.name ~ '.' ~ m)) }}
    {%- endif -%}
{% endmacro %}


{#- [value at as_of within its block, value from the lower edge to the end of that block]. -#}
{% macro block_parts(group, name, sql) %}
    {%- do group.accumulators.update({name ~ '_before': sql ~ ' over before', name ~ '_after': sql ~ ' over after'}) -%}
    {{ return([at_edge(group, name ~ '_before', 'as_of'), at_edge(group, name ~ '_after', group.window.label)]) }}
{% endmacro %}


{% macro block_total(group, name, sql) %}
    {%- set both = block_parts(group, name, sql) -%}
    {%- do group.outputs.update({name: 'coalesce(' ~ both[0] ~ ', 0) + coalesce(' ~ both[1] ~ ', 0)'}) -%}
    {{ return(group.name ~ '.' ~ name) }}
{% endmacro %}


{#- Two parts' (n, mean, population variance) -> sample standard deviation (Chan, Golub and LeVeque 1979). -#}
{% macro merged_stddev(x) %}
    {%- set n = '(' ~ x ~ '_n_before + ' ~ x ~ '_n_after)' -%}
    {{ return('case when ' ~ n ~ ' > 1 then sqrt((coalesce(' ~ x ~ '_n_before * ' ~ x ~ '_var_before, 0) + coalesce('
        ~ x ~ '_n_after * ' ~ x ~ '_var_after, 0) + coalesce(cast(' ~ x ~ '_n_before as double precision) * ' ~ x ~ '_n_after / ' ~ n
        ~ ' * (' ~ x ~ '_mean_before - ' ~ x ~ '_mean_after) * (' ~ x ~ '_mean_before - ' ~ x ~ '_mean_after), 0)) / (' ~ n ~ ' - 1)) end') }}
{% endmacro %}
