{#- Every aggregate: its meaning, and whether it needs an expression, a bounded window, a number. -#}
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


{#- Column name without prefix: <measure>_<aggregate>_<window>; counts of events are <measure>_<window>. -#}
{% macro feature_name(measure, agg, window_label) %}
    {%- if agg == 'count' and not measure.expr -%}{%- set middle = '' -%}
    {%- elif agg == 'rate_per_day' -%}{%- set middle = '_per_day' -%}
    {%- elif agg == 'time_since_last' -%}{%- set middle = '_' ~ measure.unit ~ 's_since_last' -%}
    {%- else -%}{%- set middle = '_' ~ agg -%}
    {%- endif -%}
    {{ return(measure.name ~ middle ~ '_' ~ window_label) }}
{% endmacro %}
