{#-
    Window features over events, one row per spine row: aggregates of the events of the same key that were available
    strictly before as_of, and not before as_of minus the window. A whole model body, or a CTE. See docs/features.md.
-#}
{% macro window_features(
    spine, events, keys, measures, windows=['all'], available_at=none, as_of='as_of', spine_key=none, prefix=none,
    gap=none, strategy='auto', lookback=none, new_rows_only=true, documented=true
) %}
    {%- set plan = insitu.plan_window_features(
        spine, events, keys, measures, windows, available_at, as_of, spine_key, prefix, gap, strategy
    ) -%}
    {%- set new_rows = none -%}
    {%- if new_rows_only -%}
        {%- set new_rows = insitu.new_rows_filter(as_of, plan.spine_key, lookback, 'window_features') -%}
    {%- endif -%}
    {%- do plan.update({'new_rows': new_rows}) -%}
    {%- if documented -%}
        {%- do insitu.document_columns(plan) -%}
        {{- insitu.features_comment(plan) ~ '\n' -}}
    {%- endif -%}
    {{- insitu.render_window_features(plan) -}}
{% endmacro %}


{#- The query of window_features. -#}
{% macro render_window_features(plan) %}
{%- set groups = {} -%}
{%- set features = {} -%}
{%- for column in plan.columns -%}
    {%- do features.update({column.name: insitu.feature_expression(groups, column, plan)}) -%}
{%- endfor -%}
{%- set keys = plan.key_columns.keys() | list -%}
{%- for group in groups.values() -%}
    {%- for made in [group.accumulators, group.outputs, group.parts, group.passes] -%}
        {%- do insitu.check_key_names(keys, made) -%}
    {%- endfor -%}
{%- endfor -%}
{{ insitu.spine_cte(plan) }}

events as {{ 'not materialized ' if plan.lookups.index or plan.tiers }}(
    select
        {%- for column in insitu.renamed_keys(plan.key_columns) %}
        {{ column }},
        {%- endfor %}
        {{ plan.known_at }} as moment
        {%- for measure in plan.measures %},
        {{ insitu.measure_input(measure) }} as {{ measure.quoted }}
        {%- for column in measure.order_sql %},
        {{ column }} as {{ measure.column }}_order_{{ loop.index }}
        {%- endfor %}
        {%- endfor %}
    from {{ insitu.from_relation(plan.events) }}
    where {{ plan.known_at }} is not null
    {{- insitu.reached_events(plan, plan.reach) }}
),

moments as (
    select distinct {{ insitu.quoted(keys) | join(', ') }}, as_of from spine
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
        spine.{{ insitu.identifier(column) }},
        {%- endfor %}
        spine.as_of
        {%- for name, sql in features.items() %},
        {{ sql }} as {{ insitu.identifier(name) }}
        {%- endfor %}
    from spine
    {%- for relation in insitu.group_relations(groups) %}
    left join {{ relation }}
        on {{ insitu.join_on('spine', relation, keys + ['as_of']) }}
    {%- endfor %}
)

select * from final
{%- endmacro %}


{#- The CTEs that hold the outputs of the groups, each with one row per key and as_of. -#}
{% macro group_relations(groups) %}
    {%- set relations = [] -%}
    {%- for group in groups.values() -%}
        {%- do relations.append(group.name) -%}
        {%- if group.passes -%}{%- do relations.append(group.name ~ '_squares') -%}{%- endif -%}
        {%- for measure in group.latest -%}{%- do relations.append(group.name ~ '_last_' ~ measure) -%}{%- endfor -%}
    {%- endfor -%}
    {{ return(relations) }}
{% endmacro %}


{#- A measure's value on an event; NULL where its filter does not hold. -#}
{% macro measure_input(measure) %}
    {%- set value = measure.sql if measure.sql is not none else 1 -%}
    {{- 'case when ' ~ measure.where_sql ~ ' then ' ~ value ~ ' end' if measure.where_sql else value -}}
{% endmacro %}
