{#- Window features over events, one row per spine row: see docs/features.md. -#}
{% macro window_features(spine, events, keys, measures, windows=['all'], available_at=none, as_of='as_of', spine_key=none,
                         prefix=none, gap=none, strategy='auto') %}
    {%- set plan = plan_window_features(spine, events, keys, measures, windows, available_at, as_of, spine_key, prefix, gap, strategy) -%}
    {{- render_window_features(plan) -}}
{% endmacro %}


{% macro render_window_features(plan) %}
{%- set groups = {} -%}
{%- set features = {} -%}
{%- for column in plan.columns -%}{%- do features.update({column.name: feature_expression(groups, column, plan)}) -%}{%- endfor -%}
{%- set keys = plan.key_columns.keys() | list -%}
{%- set windows = {} -%}
{%- for column in plan.columns if column.window.seconds is not none -%}{%- do windows.update({column.window.label: column.window}) -%}{%- endfor -%}
with spine as (
    select
        {%- for column in (plan.spine_key + keys) | unique %}
        {{ column }},
        {%- endfor %}
        {{ plan.as_of }} as as_of
    from {{ plan.spine }}
),

events as (
    select
        {%- for spine_column, event_column in plan.key_columns.items() %}
        {{ event_column }}{{ ' as ' ~ spine_column if spine_column != event_column }},
        {%- endfor %}
        {{ plan.available_at }} as moment
        {%- for measure in plan.measures %},
        {{ measure_input(measure) }} as {{ measure.name }}
        {%- endfor %}
    from {{ plan.events }}
    where {{ plan.available_at }} is not null
),

-- Events and the edges of the windows on one line of time; at equal times edges come first, so an event at as_of is not before it.
timeline as (
    select {{ keys | join(', ') }}, cast(null as timestamp) as as_of, moment, 1 as is_event, 'event' as edge
        {%- for measure in plan.measures %}, {{ measure.name }}{% endfor %}
    from events
    union all
    {{ timeline_edges(plan, keys, 'as_of', 0) }}
    {%- for window in windows.values() %}
    union all
    {{ timeline_edges(plan, keys, window.label, window.seconds) }}
    {%- endfor %}
),
{% for group in groups.values() %}
{{ group.name }}_edges as (
    select {{ keys | join(', ') }}, as_of, edge, is_event
        {%- for alias, sql in group.accumulators.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from timeline
    where edge in ('event', '{{ group.edges | join("', '") }}')
    {{ window_clause(group, keys) }}
),

{{ group.name }} as (
    select {{ keys | join(', ') }}, as_of
        {%- for alias, sql in group.outputs.items() %},
        {{ sql }} as {{ alias }}
        {%- endfor %}
    from {{ group.name }}_edges
    where is_event = 0
    group by {{ keys | join(', ') }}, as_of
),
{% endfor %}
final as (
    select
        {%- for column in plan.spine_key %}
        spine.{{ column }},
        {%- endfor %}
        spine.as_of
        {%- for name, sql in features.items() %},
        {{ sql }} as {{ name }}
        {%- endfor %}
    from spine
    {%- for group in groups.values() %}
    left join {{ group.name }} on {% for key in keys %}spine.{{ key }} = {{ group.name }}.{{ key }} and {% endfor %}spine.as_of = {{ group.name }}.as_of
    {%- endfor %}
)

select * from final
{%- endmacro %}


{#- A measure's value on an event; NULL where its filter does not hold. -#}
{% macro measure_input(measure) %}
    {%- set value = measure.expr if measure.expr is not none else 1 -%}
    {{- 'case when ' ~ measure.where ~ ' then ' ~ value ~ ' end' if measure.where else value -}}
{% endmacro %}


{% macro timeline_edges(plan, keys, edge, seconds) -%}
    select {{ keys | join(', ') }}, as_of, {{ minus_duration('as_of', plan.gap + seconds) }}, 0, '{{ edge }}'{% for measure in plan.measures %}, null{% endfor %} from spine
{%- endmacro %}


{#- RANGE frames: rows of equal order are peers, so the order among equal events never matters. -#}
{% macro window_clause(group, keys) -%}
    {%- set partition = keys | join(', ') ~ (', ' ~ time_block('moment', group.window.seconds) if group.strategy == 'blocks' else '') -%}
    {%- set order = 'moment, is_event' -%}
    window
        before as (partition by {{ partition }} order by {{ order }} range between unbounded preceding and current row)
        {%- if group.strategy == 'blocks' %},
        after as (partition by {{ partition }} order by {{ order }} range between current row and unbounded following)
        {%- endif %}
{%- endmacro %}
