{#- First or last value by one look-up through an index on (keys, availability). -#}
{% macro probe_expression(groups, column, plan) %}
    {%- set measure, agg, window = column.measure, column.agg, column.window -%}
    {%- set group = insitu.feature_group(groups, 'probe', window, measure) -%}
    {%- do group.outputs.update({column.alias: {'measure': measure, 'descending': agg == 'last'}}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{% macro render_probe(group, keys, plan) -%}
{{ group.name }} as (
    select {% for key in keys %}moments.{{ key }}, {% endfor %}moments.as_of
        {%- for alias in group.outputs %}, found_{{ loop.index }}.{{ alias }}{% endfor %}
    from moments
    {%- for alias, probe in group.outputs.items() %}
    left join lateral (
        select events.{{ probe.measure.name }} as {{ alias }}
        from events
        where {{ insitu.in_window(group.window, keys, plan) }} and events.{{ probe.measure.name }} is not null
        order by {{ insitu.event_order(probe.measure, 'events.', probe.descending) }}
        limit 1
    ) as found_{{ loop.index }} on true
    {%- endfor %}
),
{% endmacro %}
