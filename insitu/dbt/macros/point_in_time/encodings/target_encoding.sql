{#-
    The average label of the spine row's category, from labels matured before as_of only, pulled towards the overall
    average by `prior_rows` rows' weight: (sum + prior_rows * overall) / (rows + prior_rows).
-#}
{% macro target_encoding(
    spine, labels, keys, label, matured_at='matured_at', as_of='as_of', spine_key=none, prefix=none, windows=['all'],
    prior_rows=20, lookback=none
) %}
{%- set plan = insitu.plan_target_encoding(
    spine, labels, keys, label, matured_at, as_of, spine_key, prefix, [windows] if windows is string else windows,
    prior_rows, lookback
) -%}
{%- set measures = [{'name': 'label', 'expr': 'label_value', 'agg': ['count', 'avg']}] -%}
{%- set category_key = (plan.spine_key + plan.key_columns.keys() | list) | unique | list -%}
{%- do insitu.document_columns(plan) -%}
{{ insitu.features_comment(plan) }}
with spine_rows as {{ 'materialized ' if plan.new_rows }}(
    select *, 1 as everyone from {{ insitu.rows_of(spine) }} as candidate
    {%- if plan.new_rows %}
    where {{ plan.new_rows }}
    {%- endif %}
),

matured_labels as (
    select
        {{ insitu.quoted(plan.key_columns.values()) | join(', ') }}, {{ plan.known_at }} as known_at, 1 as everyone,
        {{ plan.label_value }} as label_value
    from {{ insitu.from_relation(labels) }}
),

category as (
    {{ insitu.window_features(
        'spine_rows', 'matured_labels', plan.key_columns, measures, windows, 'known_at', plan.as_of, category_key,
        new_rows_only=false, documented=false
    ) | indent(4) }}
),

overall as (
    {{ insitu.window_features(
        'spine_rows', 'matured_labels', ['everyone'], measures, windows, 'known_at', plan.as_of, ['everyone'],
        new_rows_only=false, documented=false
    ) | indent(4) }}
),

overall_rows as (
    select distinct * from overall
),

final as (
    select
        {%- for column in plan.spine_key %}
        category.{{ insitu.identifier(column) }},
        {%- endfor %}
        category.as_of
        {%- for column in plan.columns %},
        {%- set n, average = 'label_count_' ~ column.window.label, 'label_avg_' ~ column.window.label %}
        (category.{{ n }} * coalesce(category.{{ average }}, 0) + {{ prior_rows }} * overall_rows.{{ average }})
        / (category.{{ n }} + {{ prior_rows }}) as {{ insitu.identifier(column.name) }}
        {%- endfor %}
    from category
    left join overall_rows on category.as_of = overall_rows.as_of
)

select * from final
{%- endmacro %}


{#- The checked arguments of target_encoding: a plan with one column per window. -#}
{% macro plan_target_encoding(
    spine, labels, keys, label, matured_at, as_of, spine_key, prefix, windows, prior_rows, lookback
) %}
    {%- set macro = 'target_encoding' -%}
    {%- set keys = insitu.keys_mapping(keys) -%}
    {%- set spine_types, label_types = insitu.known_columns(spine), insitu.known_columns(labels) -%}
    {%- set matured_at = insitu.check_timestamp('matured_at', matured_at, label_types, labels, macro) -%}
    {%- set as_of = insitu.check_timestamp('as_of', as_of, spine_types, spine, macro) -%}
    {%- set label = insitu.check_column('label', label, label_types, labels, macro) -%}
    {%- set label_type = label_types[label] if label_types else none -%}
    {%- if label_type and insitu.is_no_number(label_type) -%}
        {%- do insitu.features_error(
            'label', '`' ~ label ~ '` of type ' ~ label_type, 'a number or a boolean', macro
        ) -%}
    {%- endif -%}
    {%- set keys = insitu.check_keys(keys, spine_types, label_types, spine, labels, macro) -%}
    {%- do insitu.check_key_names(keys, ['everyone', 'label_value', 'known_at'], macro) -%}
    {%- if prior_rows is not number or prior_rows <= 0 -%}
        {%- do insitu.features_error('prior_rows', prior_rows | string, 'a number above 0', macro) -%}
    {%- endif -%}
    {%- set spine_key = insitu.checked_spine_key(spine_key, keys, spine_types, spine, macro) -%}
    {%- set columns = [] -%}
    {%- for text in windows -%}
        {%- set window = insitu.parse_window(text, macro=macro) -%}
        {%- do columns.append({
            'name': insitu.prefixed(prefix, label ~ '_encoded_' ~ window.label),
            'window': window,
            'agg': macro,
            'measure': {'name': label, 'expr': label},
            'strategy': 'timeline',
            'reason': 'labels are events that happen when they mature',
            'default': none,
            'type': none,
            'description': 'Average ' ~ label ~ ' by ' ~ keys.keys() | join(', ') ~ ' of the labels matured in '
                ~ window.text ~ ' before as_of, with ' ~ prior_rows ~ ' rows of the overall average added.',
        }) -%}
    {%- endfor -%}
    {%- do insitu.check_generated_names('windows', columns, spine_key + ['as_of'], macro) -%}
    {%- set value = insitu.identifier(label) -%}
    {%- set from_boolean = 'case when ' ~ value ~ ' then 1 when not ' ~ value ~ ' then 0 end' -%}
    {%- set is_boolean = label_type and insitu.type_family(label_type) == 'boolean' -%}
    {{ return({
        'macro': macro,
        'spine': spine,
        'events': labels,
        'key_columns': keys,
        'as_of': as_of,
        'available_at': matured_at,
        'known_at': insitu.known_at(labels, matured_at),
        'gap': 0,
        'spine_key': spine_key,
        'columns': columns,
        'label_value': from_boolean if is_boolean else value,
        'new_rows': insitu.new_rows_filter(as_of, spine_key, lookback, macro),
    }) }}
{% endmacro %}
