{#- The latest row available before as_of, at most `max_age` old: see docs/features.md. -#}
{% macro latest_before(spine, events, keys, columns, available_at=none, as_of='as_of', spine_key=none, prefix=none, max_age=none, order_by=none) %}
    {%- set plan = plan_latest('latest_before', spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by) -%}
    {{- document_columns(plan) -}}
    {{- render_latest(plan) -}}
{% endmacro %}


{#- The entity's own previous rows: `lags=[1, 2]` is the last row before as_of and the one before it. -#}
{% macro lag_features(spine, events, keys, columns, lags=[1], available_at=none, as_of='as_of', spine_key=none, prefix=none, max_age=none, order_by=none) %}
    {%- for lag in lags if lag is not number or lag < 1 -%}
        {{ features_error('lags', lag | string, 'whole numbers from 1 (the last row before as_of)', 'lag_features') }}
    {%- endfor -%}
    {%- set plan = plan_latest('lag_features', spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by) -%}
    {%- set lagged = [] -%}
    {%- for column in plan.columns -%}
        {%- for lag in lags -%}
            {%- do lagged.append(dict(column, name=column.name ~ '_lag_' ~ lag, alias=column.alias ~ '_lag_' ~ lag, lag=lag,
                description=column.description[:-1] ~ ', ' ~ ('the last' if lag == 1 else lag ~ ' rows back') ~ '.')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do plan.update({'columns': lagged}) -%}
    {{- document_columns(plan) -}}
    {{- render_latest(plan) -}}
{% endmacro %}


{% macro plan_latest(macro, spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by) %}
    {%- set available_at = available_at or declared_available_at(events) -%}
    {%- set text = 'the latest row before as_of' ~ (', at most ' ~ max_age ~ ' old' if max_age else '') -%}
    {%- set plan = plan_lookup(macro, spine, events, 'available_at', keys, columns, [available_at], as_of, spine_key, prefix, text, 'asof', 'one look back per spine row') -%}
    {%- set order_by = [order_by] if order_by is string else order_by or [] -%}
    {%- for column in order_by if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', column) -%}
        {{- check_column('order_by', column, known_columns(events), events, macro) -}}
    {%- endfor -%}
    {%- do plan.update({'order_by': order_by, 'max_age': parse_window(max_age, 'max_age').seconds if max_age else none}) -%}
    {{ return(plan) }}
{% endmacro %}


{% macro render_latest(plan) %}
{%- set keys = plan.key_columns.keys() | list -%}
{%- set expressions = plan.columns | map(attribute='measure') | map(attribute='expr') | unique | list -%}
{#- Rows of equal time are ordered by the declared tiebreak, then by the values looked up. -#}
{%- set order = plan.order_by + expressions -%}
{%- set lagged = plan.columns | selectattr('lag', 'defined') | list -%}
{{ features_comment(plan) }}
{{ spine_cte(plan) }}

{{ 'history' if lagged else 'events' }} as (
    select
        {%- for spine_column, event_column in plan.key_columns.items() %}
        {{ event_column }}{{ ' as ' ~ spine_column if spine_column != event_column }},
        {%- endfor %}
        {{ plan.available_at }} as moment
        {%- for column in plan.columns %},
        {{ column.measure.expr if (column.lag or 1) == 1 else 'lag(' ~ column.measure.expr ~ ', ' ~ (column.lag - 1) ~ ') over history' }} as {{ column.alias }}
        {%- endfor %},
        {%- if lagged %}
        row_number() over (
            partition by {{ plan.key_columns.values() | join(', ') }}
            order by {{ plan.available_at }}, {{ order | join(' nulls last, ') }} nulls last
        ) as place
        {%- else %}
        row_number() over (
            partition by {{ plan.key_columns.values() | join(', ') }}, {{ plan.available_at }}
            order by {{ order | join(' desc nulls first, ') }} desc nulls first
        ) as from_the_last
        {%- endif %}
    from {{ plan.events }}
    where {{ plan.available_at }} is not null
    {%- if lagged %}
    window history as (
        partition by {{ plan.key_columns.values() | join(', ') }}
        order by {{ plan.available_at }}, {{ order | join(' nulls last, ') }} nulls last
    )
    {%- endif %}
),

{% if lagged -%}
-- Rows that are equal in everything still have one order: that of their lags.
events as (
    select history.*, row_number() over (partition by {{ keys | join(', ') }}, moment order by place desc) as from_the_last
    from history
),

{% endif -%}
latest as (
    select * from events where from_the_last = 1
),

{{ render_asof(plan, keys) }}

select * from final
{%- endmacro %}
