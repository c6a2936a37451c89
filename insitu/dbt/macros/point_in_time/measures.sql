{#- Every aggregate: its part of the column name ({window} is added), whether it needs an expression, its meaning. -#}
{% macro feature_aggregates() %}
    {{ return({
        'count': {'needs_expr': false, 'text': 'number of events'},
        'rate_per_day': {'needs_expr': false, 'bounded': true, 'text': 'events per day'},
        'time_since_last': {'needs_expr': false, 'text': 'time since the last event'},
        'sum': {'needs_expr': true, 'numeric': true, 'text': 'sum'},
        'avg': {'needs_expr': true, 'numeric': true, 'text': 'average'},
        'stddev': {'needs_expr': true, 'numeric': true, 'text': 'sample standard deviation'},
        'min': {'needs_expr': true, 'text': 'smallest value'},
        'max': {'needs_expr': true, 'text': 'largest value'},
        'count_distinct': {'needs_expr': true, 'text': 'number of distinct values'},
        'first': {'needs_expr': true, 'text': 'first value'},
        'last': {'needs_expr': true, 'text': 'last value'},
        'mode': {'needs_expr': true, 'text': 'most frequent value, the smallest of equals'},
        'decayed_sum': {'needs_expr': true, 'bounded': true, 'numeric': true, 'text': 'exponentially decayed sum'},
    }) }}
{% endmacro %}


{#- The measures as given -> complete dictionaries, or one clear error. -#}
{% macro normalise_measures(measures, windows) %}
    {%- set allowed_keys = ['name', 'agg', 'expr', 'where', 'default', 'order_by', 'half_life', 'unit', 'windows', 'trend'] -%}
    {%- set aggregates = insitu.feature_aggregates() -%}
    {%- set result = [] -%}
    {%- set names = [] -%}
    {%- if measures is string or measures is mapping or not measures -%}
        {{ insitu.features_error('measures', measures | string, "a list such as [{'name': 'orders', 'agg': 'count'}]") }}
    {%- endif -%}
    {%- for given in measures -%}
        {%- set name = given.get('name') if given is mapping else none -%}
        {%- set argument = "measures, '" ~ name ~ "'" -%}
        {%- if not name or not modules.re.match('^[a-z][a-z0-9_]*$', name) -%}
            {{ insitu.features_error('measures', given | string, "a mapping with a `name` of lower-case letters, digits and _") }}
        {%- endif -%}
        {%- for key in given if key not in allowed_keys -%}
            {{ insitu.features_error(argument, 'the key `' ~ key ~ '`', 'one of: ' ~ allowed_keys | join(', ')) }}
        {%- endfor -%}
        {%- if name in names -%}{{ insitu.features_error('measures', "two measures named '" ~ name ~ "'", 'distinct names') }}{%- endif -%}
        {%- do names.append(name) -%}
        {%- set aggs = given.get('agg', []) -%}
        {%- set aggs = [aggs] if aggs is string else aggs -%}
        {%- for agg in aggs -%}
            {%- if agg not in aggregates -%}
                {{ insitu.features_error(argument, "the aggregate '" ~ agg ~ "'", 'one of: ' ~ aggregates.keys() | join(', ')) }}
            {%- elif aggregates[agg].needs_expr and 'expr' not in given -%}
                {{ insitu.features_error(argument, "'" ~ agg ~ "' without `expr`", "an SQL expression over the events, such as 'expr': 'amount'") }}
            {%- elif agg == 'decayed_sum' and 'half_life' not in given -%}
                {{ insitu.features_error(argument, "'decayed_sum' without `half_life`", "a duration, such as 'half_life': '7 days'") }}
            {%- endif -%}
        {%- endfor -%}
        {%- if not aggs and not given.get('trend') -%}
            {{ insitu.features_error(argument, 'no `agg`', 'one or several of: ' ~ aggregates.keys() | join(', ')) }}
        {%- endif -%}
        {%- if given.get('unit', 'hour') not in ['second', 'minute', 'hour', 'day'] -%}
            {{ insitu.features_error(argument, "the unit '" ~ given.unit ~ "'", 'one of: second, minute, hour, day') }}
        {%- endif -%}
        {%- set own = [] -%}
        {%- for window in given.get('windows', windows) -%}{%- do own.append(insitu.parse_window(window)) -%}{%- endfor -%}
        {%- set order_by = given.get('order_by', []) -%}
        {%- do result.append({
            'name': name, 'aggs': aggs, 'expr': given.get('expr'), 'where': given.get('where'), 'default': given.get('default'),
            'order_by': [order_by] if order_by is string else order_by, 'unit': given.get('unit', 'hour'), 'windows': own,
            'half_life': insitu.parse_window(given.half_life, argument ~ ', half_life') if given.get('half_life') else none,
            'trend': [given.trend] if given.get('trend') is mapping else given.get('trend', []),
        }) -%}
    {%- endfor -%}
    {{ return(result) }}
{% endmacro %}


{#- Column name without prefix: <measure>_<aggregate>_<window>; counts of events are <measure>_<window>. -#}
{% macro feature_name(measure, agg, window_label) %}
    {%- if agg == 'count' and not measure.expr -%}{%- set middle = '' -%}
    {%- elif agg == 'rate_per_day' -%}{%- set middle = '_per_day' -%}
    {%- elif agg == 'time_since_last' -%}{%- set middle = '_' ~ measure.unit ~ 's_since_last' -%}
    {%- else -%}{%- set middle = '_' ~ agg -%}
    {%- endif -%}
    {{ return(measure.name ~ middle ~ '_' ~ window_label) }}
{% endmacro %}
