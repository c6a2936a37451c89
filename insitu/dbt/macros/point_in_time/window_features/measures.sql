{#- The measures as given -> complete dictionaries, or one clear error. -#}
{% macro normalise_measures(measures, windows, types) %}
    {%- if measures is string or measures is mapping or not measures -%}
        {%- do insitu.features_error(
            'measures', measures | string, "a list such as [{'name': 'orders', 'agg': 'count'}]"
        ) -%}
    {%- endif -%}
    {%- set result, names = [], [] -%}
    {%- for given in measures -%}
        {%- set measure = insitu.normalise_measure(given, windows, types) -%}
        {#- What is called after a measure in the query: a long name, with what is added to it, would be cut. -#}
        {%- do measure.update({'column': measure.name if measure.name | length <= 30 else '_m' ~ loop.index}) -%}
        {%- do measure.update({'quoted': insitu.identifier(measure.column)}) -%}
        {%- if measure.name in names -%}
            {%- do insitu.features_error('measures', "two measures named '" ~ measure.name ~ "'", 'distinct names') -%}
        {%- endif -%}
        {%- do names.append(measure.name) -%}
        {%- do result.append(measure) -%}
    {%- endfor -%}
    {{ return(result) }}
{% endmacro %}


{#- One measure as given -> a complete dictionary: what was written, and as SQL over the events' columns. -#}
{% macro normalise_measure(given, windows, types) %}
    {%- do insitu.check_measure(given) -%}
    {%- set argument = "measures, '" ~ given.name ~ "', half_life" -%}
    {%- set own_windows = [] -%}
    {%- for window in given.get('windows', windows) -%}
        {%- do own_windows.append(insitu.parse_window(window)) -%}
    {%- endfor -%}
    {%- set agg, order_by, trend = given.get('agg', []), given.get('order_by', []), given.get('trend', []) -%}
    {%- set order_by = [order_by] if order_by is string else order_by -%}
    {%- set order_sql = [] -%}
    {%- for column in order_by -%}{%- do order_sql.append(insitu.column_or_sql(column, types)) -%}{%- endfor -%}
    {{ return({
        'name': given.name,
        'aggs': [agg] if agg is string else agg,
        'expr': given.get('expr'),
        'where': given.get('where'),
        'default': given.get('default'),
        'order_by': order_by,
        'sql': insitu.column_or_sql(given.expr, types) if 'expr' in given and given.expr is not none else none,
        'where_sql': insitu.column_or_sql(given.where, types) if given.get('where') else none,
        'order_sql': order_sql,
        'unit': given.get('unit', 'hour'),
        'windows': own_windows,
        'half_life': insitu.parse_window(given.half_life, argument) if given.get('half_life') else none,
        'trend': [trend] if trend is mapping else trend,
    }) }}
{% endmacro %}


{#- Fails when a measure as given lacks a name or what its aggregates need, or has an unknown key, aggregate or
    unit. -#}
{% macro check_measure(given) %}
    {%- set name = given.get('name') if given is mapping else none -%}
    {%- if not name or not modules.re.match('^[a-z][a-z0-9_]*$', name) -%}
        {%- do insitu.features_error(
            'measures', given | string, 'a mapping with a `name` of lower-case letters, digits and _'
        ) -%}
    {%- endif -%}
    {%- set argument = "measures, '" ~ name ~ "'" -%}
    {%- set known = ['name', 'agg', 'expr', 'where', 'default', 'order_by', 'half_life', 'unit', 'windows', 'trend'] -%}
    {%- for key in given if key not in known -%}
        {%- do insitu.features_error(argument, 'the key `' ~ key ~ '`', 'one of: ' ~ known | join(', ')) -%}
    {%- endfor -%}
    {%- set aggregates = insitu.feature_aggregates() -%}
    {%- set aggs = [given.agg] if given.get('agg') is string else given.get('agg', []) -%}
    {%- for agg in aggs -%}
        {%- if agg not in aggregates -%}
            {%- do insitu.features_error(
                argument, "the aggregate '" ~ agg ~ "'", 'one of: ' ~ aggregates.keys() | join(', ')
            ) -%}
        {%- elif aggregates[agg].needs_expr and 'expr' not in given -%}
            {%- do insitu.features_error(
                argument, "'" ~ agg ~ "' without `expr`",
                "an SQL expression over the events, such as 'expr': 'amount'"
            ) -%}
        {%- elif agg == 'decayed_sum' and 'half_life' not in given -%}
            {%- do insitu.features_error(
                argument, "'decayed_sum' without `half_life`", "a duration, such as 'half_life': '7 days'"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not aggs and not given.get('trend') -%}
        {%- do insitu.features_error(argument, 'no `agg`', 'one or several of: ' ~ aggregates.keys() | join(', ')) -%}
    {%- endif -%}
    {%- if given.get('unit', 'hour') not in ['second', 'minute', 'hour', 'day'] -%}
        {%- do insitu.features_error(
            argument, "the unit '" ~ given.unit ~ "'", 'one of: second, minute, hour, day'
        ) -%}
    {%- endif -%}
{% endmacro %}
