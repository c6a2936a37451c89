{#- Window features over events, one row per spine row: see docs/features.md. -#}
{% macro window_features(spine, events, keys, measures, windows=['all'], available_at=none, as_of='as_of', spine_key=none,
                         prefix=none, gap=none, strategy='auto', lookback=none, new_rows_only=true, documented=true) %}
    {%- set plan = insitu.plan_window_features(spine, events, keys, measures, windows, available_at, as_of, spine_key, prefix, gap, strategy) -%}
    {%- do plan.update({'new_rows': insitu.new_rows_filter(as_of, plan.spine_key, lookback, 'window_features') if new_rows_only else none}) -%}
    {%- if documented -%}
        {{- insitu.document_columns(plan) -}}
        {{- insitu.features_comment(plan) ~ '\n' -}}
    {%- endif -%}
    {{- insitu.render_window_features(plan) -}}
{% endmacro %}


{% macro render_window_features(plan) %}
{%- set groups = {} -%}
{%- set features = {} -%}
{%- for column in plan.columns -%}{%- do features.update({column.name: insitu.feature_expression(groups, column, plan)}) -%}{%- endfor -%}
{%- set keys = plan.key_columns.keys() | list -%}
{{ insitu.spine_cte(plan) }}

events as {{ 'not materialized ' if plan.lookups.index or plan.tiers }}(
    select
        {%- for spine_column, event_column in plan.key_columns.items() %}
        {{ event_column }}{{ ' as ' ~ spine_column if spine_column != event_column }},
        {%- endfor %}
        {{ plan.available_at }} as moment
        {%- for measure in plan.measures %},
        {{ insitu.measure_input(measure) }} as {{ measure.name }}
        {%- for column in measure.order_by %},
        {{ column }} as {{ measure.name }}_order_{{ loop.index }}
        {%- endfor %}
        {%- endfor %}
    from {{ plan.events }}
    where {{ plan.available_at }} is not null
    {{- insitu.reached_events(plan, plan.reach) }}
),

moments as (
    select distinct {{ keys | join(', ') }}, as_of from spine
),
{{ insitu.render_timeline(groups, keys, plan) }}
{%- for group in groups.values() %}
{% if group.strategy == 'range_join' -%}
{{ insitu.render_range_join(group, keys, plan) }}
{%- elif group.strategy == 'mode' -%}
{{ insitu.render_mode(group, keys, plan) }}
{%- elif group.strategy == 'probe' -%}
{{ insitu.render_probe(group, keys, plan) }}
{%- elif group.strategy == 'partials' -%}
{{ insitu.render_partials(group, keys, plan) }}
{%- else -%}
{{ insitu.render_group(group, keys, plan) }}
{%- endif %}
{%- endfor %}
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
    left join {{ group.name }}
        on {% for key in keys %}spine.{{ key }} = {{ group.name }}.{{ key }} and {% endfor %}spine.as_of = {{ group.name }}.as_of
    {%- if group.passes %}
    left join {{ group.name }}_squares
        on {% for key in keys %}spine.{{ key }} = {{ group.name }}_squares.{{ key }} and {% endfor %}spine.as_of = {{ group.name }}_squares.as_of
    {%- endif %}
    {%- for m in group.latest %}
    left join {{ group.name }}_last_{{ m }}
        on {% for key in keys %}spine.{{ key }} = {{ group.name }}_last_{{ m }}.{{ key }} and {% endfor %}spine.as_of = {{ group.name }}_last_{{ m }}.as_of
    {%- endfor %}
    {%- endfor %}
)

select * from final
{%- endmacro %}


{#- A measure's value on an event; NULL where its filter does not hold. -#}
{% macro measure_input(measure) %}
    {%- set value = measure.expr if measure.expr is not none else 1 -%}
    {{- 'case when ' ~ measure.where ~ ' then ' ~ value ~ ' end' if measure.where else value -}}
{% endmacro %}
