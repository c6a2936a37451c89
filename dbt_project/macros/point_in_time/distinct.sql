{#-
    Count distinct without keeping sets: the events of a window, less those whose value was met in it before. A repeat is
    an event and the one before it of the same value; both are in the window from the later's time until the earlier is
    older than the window. So it counts +1 at the one moment and -1 at the other, and a running total says how many
    repeats a window holds. Over all history, the first events of each value are counted instead.
-#}
{% macro distinct_expression(groups, column, plan) %}
    {%- set m, window = column.measure.name, column.window -%}
    {%- set group = feature_group(groups, 'distinct', none, column.measure) -%}
    {%- do group.windows.update({window.label: window}) -%}
    {%- set counted = ('first' if window.seconds is none else 'repeats') ~ '_' ~ window.label -%}
    {%- do group.accumulators.update({counted: 'sum(' ~ counted ~ ') over before'}) -%}
    {%- do group.outputs.update({counted: 'cast(' ~ at_edge(group, counted, 'as_of') ~ ' as bigint)'}) -%}
    {%- if window.seconds is none -%}{{ return(group.name ~ '.' ~ counted) }}{%- endif -%}
    {{ return(strategy_expression(groups, column.parts[0], plan) ~ ' - coalesce(' ~ group.name ~ '.' ~ counted ~ ', 0)') }}
{% endmacro %}


{#- The CTEs that find the repeats of a measure, and put them on a timeline with the spine. -#}
{% macro render_distinct_timeline(group, keys, plan) %}
{%- set m = group.ordered.name -%}
{%- set bounded = group.windows.values() | selectattr('seconds') | sort(attribute='seconds') | list -%}
{%- set all_history = bounded | length < group.windows | length %}
{{ m }}_repeats as (
    select {{ keys | join(', ') }}, moment, lag(moment) over (partition by {{ keys | join(', ') }}, {{ m }} order by moment) as moment_before
    from events
    where {{ m }} is not null
),

{{ m }}_timeline as (
    select {{ keys | join(', ') }}, cast(null as timestamp) as as_of, moment, 1 as is_event, 'event' as edge
        {%- if all_history %},
        case when moment_before is null then 1 else 0 end as first_all
        {%- endif %}
        {%- for window in bounded %},
        case when moment_before >= moment - interval '{{ window.text }}' then 1 else 0 end as repeats_{{ window.label }}
        {%- endfor %}
    from {{ m }}_repeats
    where {{ 'moment_before is null' if all_history }}
        {{- ' or ' if all_history and bounded }}
        {%- if bounded %}moment_before >= moment - interval '{{ bounded[-1].text }}'{% endif %}
    {%- for window in bounded %}
    union all
    select {{ keys | join(', ') }}, null, moment_before + interval '{{ window.text }}', 1, 'event'
        {%- if all_history %}, 0{% endif %}
        {%- for other in bounded %}, {{ -1 if other == window else 0 }}{% endfor %}
    from {{ m }}_repeats
    where moment_before >= moment - interval '{{ window.text }}'
    {%- endfor %}
    union all
    select {{ keys | join(', ') }}, as_of, {{ minus_duration('as_of', plan.gap) }}, 0, 'as_of'{% for _ in group.windows %}, null{% endfor %} from moments
),
{% endmacro %}
