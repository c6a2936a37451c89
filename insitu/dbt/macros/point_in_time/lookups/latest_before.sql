{#-
    The columns of the latest row that was available strictly before as_of; NULL if it is older than `max_age`. See
    docs/features.md.
-#}
{% macro latest_before(
    spine, events, keys, columns, available_at=none, as_of='as_of', spine_key=none, prefix=none, max_age=none,
    order_by=none, lookback=none
) %}
    {%- set plan = insitu.plan_latest(
        'latest_before', spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by,
        lookback
    ) -%}
    {%- do insitu.document_columns(plan) -%}
    {{- insitu.render_latest(plan) -}}
{% endmacro %}


{#- The checked arguments of latest_before and lag_features. -#}
{% macro plan_latest(
    macro, spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by, lookback
) %}
    {%- set available_at = available_at or insitu.declared_available_at(events) -%}
    {%- set text = 'the latest row before as_of' ~ (', at most ' ~ max_age ~ ' old' if max_age else '') -%}
    {%- set unique = insitu.declared_unique(events, insitu.keys_mapping(keys).values() | list + [available_at]) -%}
    {%- set with_ties = 'one look back per spine row, then ties are broken' -%}
    {%- set reason = 'no two rows of equal time, as declared: no tie to break' if unique else with_ties -%}
    {%- set plan = insitu.plan_lookup(
        macro, spine, events, 'available_at', keys, columns, [available_at], as_of, spine_key, prefix, text, 'asof',
        reason, lookback
    ) -%}
    {%- set used = [
        'as_of', 'moment', 'met', 'meeting', 'is_event', 'place', 'from_the_last', 'latest_moment',
    ] -%}
    {%- set order_by = [order_by] if order_by is string else order_by or [] -%}
    {%- for _ in plan.columns -%}{%- do used.append('latest_' ~ loop.index) -%}{%- endfor -%}
    {%- for _ in order_by -%}{%- do used.append('tie_' ~ loop.index) -%}{%- endfor -%}
    {%- for column in plan.columns if column.alias | lower in plan.key_columns.keys() | map('lower') | list + used -%}
        {%- do insitu.features_error(
            'columns', "a column named '" ~ column.alias ~ "'",
            "another name, as in {'their_" ~ column.alias ~ "': '" ~ column.alias
            ~ "'}: this one is a key or a name the macro uses", macro
        ) -%}
    {%- endfor -%}
    {%- do insitu.check_key_names(plan.key_columns, used, macro) -%}
    {%- set types = insitu.known_columns(events) -%}
    {%- set expressions, order_sql = [], [] -%}
    {%- for column in order_by -%}
        {%- do insitu.check_named_column('order_by', column, types, events, macro) -%}
        {%- do order_sql.append(insitu.column_or_sql(column, types)) -%}
        {%- do expressions.append({'argument': 'order_by', 'sql': column, 'tried': order_sql[-1]}) -%}
    {%- endfor -%}
    {%- do insitu.check_expressions(expressions, events, types, insitu.identifier(plan.available_at), macro) -%}
    {%- do plan.update({
        'order_by': order_sql,
        'max_age': insitu.parse_window(max_age, 'max_age', macro).seconds if max_age else none,
        'unique': unique,
    }) -%}
    {{ return(plan) }}
{% endmacro %}


{#- The query of latest_before and lag_features. -#}
{% macro render_latest(plan) %}
{%- set keys = plan.key_columns.keys() | list -%}
{%- set lagged = plan.columns | selectattr('lag', 'defined') | list -%}
{{ insitu.features_comment(plan) }}
{{ insitu.spine_cte(plan) }}

{% if lagged -%}
{{ insitu.lagged_rows(plan, keys) }}
{%- else -%}
events as {{ 'not materialized ' if not plan.unique }}(
    select
        {{- insitu.looked_up_rows(plan) }}
        {%- for column in plan.columns %},
        {{ column.measure.sql }} as {{ insitu.identifier(column.alias) }}
        {%- endfor %}
        {%- for column in plan.order_by if not plan.unique %},
        {{ column }} as tie_{{ loop.index }}
        {%- endfor %}
    from {{ insitu.from_relation(plan.events) }}
    where {{ plan.known_at }} is not null
    {{- insitu.reached_events(plan, plan.max_age) }}
),
{%- endif %}

{{ insitu.render_asof(plan, keys, plan.unique or lagged) }}

select * from final
{%- endmacro %}


{#- Keys and moment of the rows looked up, to be followed by their values. -#}
{% macro looked_up_rows(plan) -%}
    {%- for column in insitu.renamed_keys(plan.key_columns) %}
        {{ column }},
    {%- endfor %}
        {{ plan.known_at }} as moment
{%- endmacro %}
