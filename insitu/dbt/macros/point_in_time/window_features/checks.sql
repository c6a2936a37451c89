{#- Fails when the generated columns can not have their names, or a measure or a key is called like a column of the
    query. -#}
{% macro check_names(columns, measures, keys, spine_key) %}
    {%- set used = measures | map(attribute='column') | reject('in', measures | map(attribute='name') | list) | list + [
        'as_of', 'moment', 'moment_before', 'is_event', 'edge', 'start', 'bucket', 'lower_edge', 'own', 'inside',
    ] -%}
    {%- for measure in measures if measure.name in keys.keys() | map('lower') | list + used -%}
        {%- do insitu.features_error(
            'measures', "a measure named '" ~ measure.name ~ "'",
            'another name: this one is a key or a name the macro uses'
        ) -%}
    {%- endfor -%}
    {%- do insitu.check_key_names(keys, used, 'window_features') -%}
    {%- do insitu.check_generated_names('measures', columns, spine_key + ['as_of']) -%}
{% endmacro %}


{#- Fails when an expression of a measure means nothing over the events. -#}
{% macro check_measure_columns(measures, event_types, events, available_at) %}
    {%- set expressions = [] -%}
    {%- for measure in measures -%}
        {%- set argument = "measures, '" ~ measure.name ~ "'" -%}
        {%- for expression in [measure.expr] + measure.order_by if expression -%}
            {%- do insitu.check_named_column(argument, expression, event_types, events) -%}
        {%- endfor -%}
        {%- if measure.expr is not none -%}
            {%- do expressions.append({'argument': argument ~ ', expr', 'sql': measure.expr, 'tried': measure.sql}) -%}
            {%- for form in insitu.tried_forms(measure) -%}
                {%- set tried = form | replace('{events}', insitu.from_relation(events)) -%}
                {%- set tried = tried | replace('{x}', measure.sql) -%}
                {%- do expressions.append({'argument': argument, 'sql': measure.expr, 'tried': tried}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- if measure.where -%}
            {%- set tried = 'case when ' ~ measure.where_sql ~ ' then 1 end' -%}
            {%- do expressions.append({'argument': argument ~ ', where', 'sql': measure.where, 'tried': tried}) -%}
        {%- endif -%}
        {%- for column in measure.order_by -%}
            {%- set tried = measure.order_sql[loop.index0] -%}
            {%- do expressions.append({'argument': argument ~ ', order_by', 'sql': column, 'tried': tried}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do insitu.check_expressions(
        expressions, events, event_types, insitu.identifier(available_at), 'window_features'
    ) -%}
{% endmacro %}


{#- What the aggregates of a measure need of its type: to be castable to double, ordered, or comparable. -#}
{% macro tried_forms(measure) %}
    {%- set over_events = ' from (select {x} as x from {events}) as tried)' -%}
    {%- set forms = [] -%}
    {%- for agg in insitu.measure_aggregates(measure) -%}
        {%- if insitu.feature_aggregates()[agg].numeric -%}
            {%- do forms.append('cast({x} as double precision)') -%}
        {%- elif agg in ['min', 'max'] -%}
            {%- do forms.append('(select max(x)' ~ over_events) -%}
        {%- elif agg in ['count_distinct', 'mode', 'first', 'last'] -%}
            {%- do forms.append('(select count(distinct x)' ~ over_events) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(forms | unique | list) }}
{% endmacro %}


{#- The aggregates of a measure: its own, and those of its trends. -#}
{% macro measure_aggregates(measure) %}
    {%- set aggregates = measure.aggs | list -%}
    {%- for trend in measure.trend -%}{%- do aggregates.append(trend.get('agg', 'count')) -%}{%- endfor -%}
    {{ return(aggregates | unique | select('in', insitu.feature_aggregates()) | list) }}
{% endmacro %}


{#-
    Fails when a sum is asked of something that is no number, or a filter is no condition: a text that the database
    would try to read as one is a mistake.
-#}
{% macro check_measure_types(measures, types) %}
    {%- for measure in measures -%}
        {%- set argument = "measures, '" ~ measure.name ~ "'" -%}
        {%- set type = types.get(measure.name) -%}
        {%- for agg in insitu.measure_aggregates(measure)
                if insitu.feature_aggregates()[agg].numeric and type and insitu.is_no_number(type) -%}
            {%- do insitu.features_error(
                argument, "'" ~ agg ~ "' of `" ~ measure.expr ~ '`, which is of type ' ~ type,
                'a number: cast it, or take min, max, count_distinct, first, last or mode'
            ) -%}
        {%- endfor -%}
        {%- set type = types.get('_where_' ~ measure.name) -%}
        {%- if type and (insitu.type_family(type) in ['text', 'time'] or insitu.is_no_number(type)) -%}
            {%- do insitu.features_error(
                argument ~ ', where', '`' ~ measure.where ~ '`, which is of type ' ~ type, 'a condition, true or false'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#-
    Measure name -> database type of its expression, _where_<name> -> that of its filter, when the events exist already;
    {} otherwise.
-#}
{% macro measure_types(measures, events, event_types) %}
    {%- set wanted, names = [], [] -%}
    {%- for measure in measures -%}
        {%- set asked = {measure.name: measure.sql, '_where_' ~ measure.name: measure.where_sql} -%}
        {%- for name, sql in asked.items() if sql is not none -%}
            {%- do names.append(name) -%}
            {%- do wanted.append(sql ~ ' as asked_' ~ names | length) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not execute or event_types is none or not wanted -%}{{ return({}) }}{%- endif -%}
    {%- set probe = 'select ' ~ wanted | join(', ') ~ ' from ' ~ insitu.from_relation(events) ~ ' where 1 = 0' -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_column_schema_from_query(probe) -%}
        {%- do types.update({names[loop.index0]: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(types) }}
{% endmacro %}
