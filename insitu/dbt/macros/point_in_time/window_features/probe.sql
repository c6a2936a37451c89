{#- First or last value by one look-up through an index on (keys, availability). -#}
{% macro probe_expression(groups, column) %}
    {%- set group = insitu.feature_group(groups, 'probe', column.window, column.measure) -%}
    {%- do group.outputs.update({column.alias: {'measure': column.measure, 'descending': column.agg == 'last'}}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- The CTE that looks each row up by a LATERAL join. -#}
{% macro render_probe(group, keys, plan) -%}
{{ group.name }} as (
    select {{ insitu.quoted(keys + ['as_of'], 'moments.') | join(', ') }}
        {%- for alias in group.outputs %}, found_{{ loop.index }}.{{ alias }}{% endfor %}
    from moments
    {%- for alias, probe in group.outputs.items() %}
    left join lateral (
        select events.{{ probe.measure.quoted }} as {{ alias }}
        from events
        where {{ insitu.in_window(group.window, keys, plan) }} and events.{{ probe.measure.quoted }} is not null
        order by {{ insitu.event_order(probe.measure, 'events.', probe.descending) }}
        limit 1
    ) as found_{{ loop.index }} on true
    {%- endfor %}
),
{% endmacro %}
