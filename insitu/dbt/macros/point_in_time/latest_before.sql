{#- The latest row available before as_of, at most `max_age` old: see docs/features.md. -#}
{% macro latest_before(spine, events, keys, columns, available_at=none, as_of='as_of', spine_key=none, prefix=none, max_age=none, order_by=none, lookback=none) %}
    {%- set plan = insitu.plan_latest('latest_before', spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by, lookback) -%}
    {{- insitu.document_columns(plan) -}}
    {{- insitu.render_latest(plan) -}}
{% endmacro %}


{#- The entity's own previous rows: `lags=[1, 2]` is the last row before as_of and the one before it. -#}
{% macro lag_features(spine, events, keys, columns, lags=[1], available_at=none, as_of='as_of', spine_key=none, prefix=none, max_age=none, order_by=none, lookback=none) %}
    {%- for lag in lags if lag is not number or lag < 1 -%}
        {{ insitu.features_error('lags', lag | string, 'whole numbers from 1 (the last row before as_of)', 'lag_features') }}
    {%- endfor -%}
    {%- set plan = insitu.plan_latest('lag_features', spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by, lookback) -%}
    {%- set lagged = [] -%}
    {%- for column in plan.columns -%}
        {%- for lag in lags -%}
            {%- do lagged.append(dict(column, name=column.name ~ '_lag_' ~ lag, alias=column.alias ~ '_lag_' ~ lag, lag=lag,
                description=column.description[:-1] ~ ', ' ~ ('the last' if lag == 1 else lag ~ ' rows back') ~ '.')) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do plan.update({'columns': lagged}) -%}
    {{- insitu.document_columns(plan) -}}
    {{- insitu.render_latest(plan) -}}
{% endmacro %}


{% macro plan_latest(macro, spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by, lookback) %}
    {%- set available_at = available_at or insitu.declared_available_at(events) -%}
    {%- set text = 'the latest row before as_of' ~ (', at most ' ~ max_age ~ ' old' if max_age else '') -%}
    {%- set unique = insitu.declared_unique(events, insitu.keys_mapping(keys).values() | list + [available_at]) -%}
    {%- set reason = 'no two rows of equal time, as declared: no tie to break' if unique else 'one look back per spine row, then ties are broken' -%}
    {%- set plan = insitu.plan_lookup(macro, spine, events, 'available_at', keys, columns, [available_at], as_of, spine_key, prefix, text, 'asof', reason, lookback) -%}
    {%- set used = ['as_of', 'moment', 'met', 'meeting', 'is_event', 'place', 'from_the_last', 'latest_moment'] -%}
    {%- for column in plan.columns if column.alias in plan.key_columns.keys() | list + used -%}
        {{ insitu.features_error('columns', "a column named '" ~ column.alias ~ "'", "another name, as in {'their_" ~ column.alias ~ "': '" ~ column.alias
            ~ "'}: this one is a key or a name the macro uses", macro) }}
    {%- endfor -%}
    {%- for key in plan.key_columns if key in used -%}
        {{ insitu.features_error('keys', "a key named '" ~ key ~ "'", 'another name, given by a model before: the macro uses this one', macro) }}
    {%- endfor -%}
    {%- set order_by = [order_by] if order_by is string else order_by or [] -%}
    {%- for column in order_by if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', column) -%}
        {{- insitu.check_column('order_by', column, insitu.known_columns(events), events, macro) -}}
    {%- endfor -%}
    {%- set expressions = [] -%}
    {%- for column in order_by -%}{%- do expressions.append({'argument': 'order_by', 'sql': column}) -%}{%- endfor -%}
    {{- insitu.check_expressions(expressions, events, insitu.known_columns(events), available_at, macro) -}}
    {%- do plan.update({'order_by': order_by, 'max_age': insitu.parse_window(max_age, 'max_age').seconds if max_age else none, 'unique': unique}) -%}
    {{ return(plan) }}
{% endmacro %}


{#- Does the relation declare (and so test, see obligations.sql) a key within these columns? -#}
{% macro declared_unique(relation, columns) %}
    {%- if not execute or relation is string -%}{{ return(false) }}{%- endif -%}
    {%- for key in (insitu.point_in_time_declaration(relation) or {}).get('unique', []) if key | reject('in', columns) | list | length == 0 -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}


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
        {{ column.measure.expr }} as {{ column.alias }}
        {%- endfor %}
        {%- for column in plan.order_by if not plan.unique %},
        {{ column }} as tie_{{ loop.index }}
        {%- endfor %}
    from {{ plan.events }}
    where {{ plan.available_at }} is not null
    {{- insitu.reached_events(plan, plan.max_age) }}
),
{%- endif %}

{{ insitu.render_asof(plan, keys, plan.unique or lagged) }}

select * from final
{%- endmacro %}


{#- Keys and moment of the rows looked up, to be followed by their values. -#}
{% macro looked_up_rows(plan) -%}
    {%- for spine_column, event_column in plan.key_columns.items() %}
        {{ event_column }}{{ ' as ' ~ spine_column if spine_column != event_column }},
    {%- endfor %}
        {{ plan.available_at }} as moment
{%- endmacro %}


{#- Each row with the values of those before it; of equal times, which are ordered by the declared tiebreak and then by the values, the last. -#}
{% macro lagged_rows(plan, keys) -%}
{%- set order = plan.order_by + plan.columns | map(attribute='measure') | map(attribute='expr') | unique | list -%}
history as (
    select
        {{- insitu.looked_up_rows(plan) }}
        {%- for column in plan.columns %},
        {{ column.measure.expr if column.lag == 1 else 'lag(' ~ column.measure.expr ~ ', ' ~ (column.lag - 1) ~ ') over history' }} as {{ column.alias }}
        {%- endfor %},
        row_number() over (
            partition by {{ plan.key_columns.values() | join(', ') }}
            order by {{ plan.available_at }}, {{ order | join(' nulls last, ') }} nulls last
        ) as place
    from {{ plan.events }}
    where {{ plan.available_at }} is not null
    window history as (
        partition by {{ plan.key_columns.values() | join(', ') }}
        order by {{ plan.available_at }}, {{ order | join(' nulls last, ') }} nulls last
    )
),

-- Rows that are equal in everything still have one order: that of their lags.
numbered_history as (
    select history.*, row_number() over (partition by {{ keys | join(', ') }}, moment order by place desc) as from_the_last
    from history
),

events as (
    select * from numbered_history where from_the_last = 1
),
{%- endmacro %}
