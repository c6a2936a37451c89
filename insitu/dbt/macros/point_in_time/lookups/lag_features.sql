{#- The entity's own previous rows, as <prefix>__<column>_lag_<n>; lag 1 is the last row before as_of. -#}
{% macro lag_features(
    spine, events, keys, columns, lags=[1], available_at=none, as_of='as_of', spine_key=none, prefix=none, max_age=none,
    order_by=none, lookback=none
) %}
    {%- for lag in lags if lag is not number or lag < 1 -%}
        {%- do insitu.features_error(
            'lags', lag | string, 'whole numbers from 1 (the last row before as_of)', 'lag_features'
        ) -%}
    {%- endfor -%}
    {%- set plan = insitu.plan_latest(
        'lag_features', spine, events, keys, columns, available_at, as_of, spine_key, prefix, max_age, order_by,
        lookback
    ) -%}
    {%- set lagged = [] -%}
    {%- for column in plan.columns -%}
        {%- for lag in lags -%}
            {%- set which = 'the last' if lag == 1 else lag ~ ' rows back' -%}
            {%- do lagged.append(dict(
                column,
                name=column.name ~ '_lag_' ~ lag,
                alias=column.alias ~ '_lag_' ~ lag,
                lag=lag,
                description=column.description[:-1] ~ ', ' ~ which ~ '.'
            )) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do insitu.check_generated_names('columns', lagged, plan.spine_key + ['as_of'], 'lag_features') -%}
    {%- do plan.update({'columns': lagged}) -%}
    {%- do insitu.document_columns(plan) -%}
    {{- insitu.render_latest(plan) -}}
{% endmacro %}


{#-
    Each row with the values of those before it; of equal times, which are ordered by the declared tiebreak and then by
    the values, the last.
-#}
{% macro lagged_rows(plan, keys) -%}
{%- set order = plan.order_by + plan.columns | map(attribute='measure') | map(attribute='sql') | unique | list -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{%- set event_keys = insitu.quoted(plan.key_columns.values()) | join(', ') -%}
{%- set order_list = plan.known_at ~ ', ' ~ order | join(' nulls last, ') ~ ' nulls last' -%}
history as (
    select
        {{- insitu.looked_up_rows(plan) }}
        {%- for column in plan.columns %}
        {%- set value = column.measure.sql -%}
        {%- set lagged = 'lag(' ~ value ~ ', ' ~ (column.lag - 1) ~ ') over history' -%},
        {{ value if column.lag == 1 else lagged }} as {{ insitu.identifier(column.alias) }}
        {%- endfor %},
        row_number() over (
            partition by {{ event_keys }}
            order by {{ order_list }}
        ) as place
    from {{ insitu.from_relation(plan.events) }}
    where {{ plan.known_at }} is not null
    window history as (
        partition by {{ event_keys }}
        order by {{ order_list }}
    )
),

-- Rows that are equal in everything still have one order: that of their lags.
numbered_history as (
    select history.*, row_number() over (partition by {{ key_list }}, moment order by place desc) as from_the_last
    from history
),

events as (
    select * from numbered_history where from_the_last = 1
),
{%- endmacro %}
