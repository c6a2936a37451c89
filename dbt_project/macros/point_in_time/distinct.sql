{#-
    Count distinct without counting: an event is *new* if its value was not met within the window before it, and *ends*
    its value if it is not met again within the window after it. The distinct values of [as_of - w, as_of) are the new
    events before as_of less the ending ones before as_of - w. Both are running totals. Whether a value ends within w is
    known after w, and read at the edge as_of - w; dropping rows that are neither would let it show at other edges.
-#}
{% macro distinct_expression(groups, column, plan) %}
    {%- set m, window = column.measure.name, column.window -%}
    {%- set group = feature_group(groups, 'distinct', none, column.measure) -%}
    {%- do group.update({'measure': m}) -%}
    {%- set new, ends = 'new_' ~ window.label, 'ends_' ~ window.label -%}
    {%- do group.windows.update({window.label: window}) -%}
    {%- do group.accumulators.update({new: 'sum(' ~ new ~ ') over before'}) -%}
    {%- set sql = at_edge(group, new, 'as_of') -%}
    {%- if window.seconds is not none -%}
        {%- do group.accumulators.update({ends: 'sum(' ~ ends ~ ') over before'}) -%}
        {%- set sql = 'coalesce(' ~ sql ~ ', 0) - coalesce(' ~ at_edge(group, ends, window.label) ~ ', 0)' -%}
    {%- endif -%}
    {%- do group.outputs.update({column.alias: 'cast(' ~ sql ~ ' as bigint)'}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- The CTEs that mark new and ending events, and their own timeline. -#}
{% macro render_distinct_timeline(group, keys, plan) %}
{%- set m = group.measure -%}
{%- set bounded = group.windows.values() | selectattr('seconds') | list -%}
{%- set flags = [] -%}
{%- for window in group.windows.values() -%}
    {%- do flags.append('new_' ~ window.label) -%}
    {%- if window.seconds is not none -%}{%- do flags.append('ends_' ~ window.label) -%}{%- endif -%}
{%- endfor -%}
{{ m }}_values as (
    select distinct {{ keys | join(', ') }}, {{ m }}, moment from events where {{ m }} is not null
),

{{ m }}_runs as (
    select {{ keys | join(', ') }}, moment
        {%- for window in group.windows.values() %}
        {%- if window.seconds is none %},
        case when lag(moment) over value is null then 1 else 0 end as new_all
        {%- else %},
        case when lag(moment) over value >= moment - interval '{{ window.text }}' then 0 else 1 end as new_{{ window.label }},
        case when lead(moment) over value <= moment + interval '{{ window.text }}' then 0 else 1 end as ends_{{ window.label }}
        {%- endif %}
        {%- endfor %}
    from {{ m }}_values
    window value as (partition by {{ keys | join(', ') }}, {{ m }} order by moment)
),

{{ m }}_timeline as (
    select {{ keys | join(', ') }}, cast(null as timestamp) as as_of, moment, 1 as is_event, 'event' as edge, {{ flags | join(', ') }}
    from {{ m }}_runs
    {%- for window in [{'label': 'as_of', 'seconds': 0}] + bounded %}
    union all
    select {{ keys | join(', ') }}, as_of, {{ minus_duration('as_of', plan.gap + window.seconds) }}, 0, '{{ window.label }}'
        {%- for flag in flags %}, null{% endfor %} from moments
    {%- endfor %}
),
{% endmacro %}
