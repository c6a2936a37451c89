{#-
    The average label of the spine row's category, from labels matured before as_of only, pulled towards the overall
    average by `prior_rows` rows' weight: (sum + prior_rows * overall) / (rows + prior_rows).
-#}
{% macro target_encoding(spine, labels, keys, label, matured_at='matured_at', as_of='as_of', spine_key=none, prefix=none, windows=['all'], prior_rows=20, lookback=none) %}
{%- set mapping = insitu.keys_mapping(keys) -%}
{%- set spine_types, label_types = insitu.known_columns(spine), insitu.known_columns(labels) -%}
{{- insitu.check_timestamp('matured_at', matured_at, label_types, labels, 'target_encoding') -}}
{{- insitu.check_timestamp('as_of', as_of, spine_types, spine, 'target_encoding') -}}
{{- insitu.check_column('label', label, label_types, labels, 'target_encoding') -}}
{%- if label_types is not none and insitu.is_no_number(label_types[label | lower]) -%}
    {{ insitu.features_error('label', '`' ~ label ~ '` of type ' ~ label_types[label | lower], 'a number or a boolean', 'target_encoding') }}
{%- endif -%}
{{- insitu.check_keys(mapping, spine_types, label_types, spine, labels, 'target_encoding') -}}
{%- if prior_rows is not number or prior_rows <= 0 -%}
    {{ insitu.features_error('prior_rows', prior_rows | string, 'a number above 0', 'target_encoding') }}
{%- endif -%}
{%- set spine_key = [spine_key] if spine_key is string else (spine_key or mapping.keys() | list) -%}
{%- set measures = [{'name': 'label', 'expr': label ~ '_value', 'agg': ['count', 'avg']}] -%}
{%- set columns = [] -%}
{%- for window in ([windows] if windows is string else windows) -%}
    {%- set parsed = insitu.parse_window(window) -%}
    {%- do columns.append({
        'name': (prefix ~ '__' if prefix else '') ~ label ~ '_encoded_' ~ parsed.label, 'window': parsed, 'agg': 'target_encoding',
        'measure': {'name': label, 'expr': label}, 'strategy': 'timeline', 'reason': 'labels are events that happen when they mature', 'default': none, 'type': none,
        'description': 'Average ' ~ label ~ ' by ' ~ mapping.keys() | join(', ') ~ ' of the labels matured in ' ~ parsed.text
            ~ ' before as_of, with ' ~ prior_rows ~ ' rows of the overall average added.',
    }) -%}
{%- endfor -%}
{%- set plan = {'macro': 'target_encoding', 'spine': spine, 'events': labels, 'key_columns': mapping, 'as_of': as_of, 'available_at': matured_at,
    'gap': 0, 'spine_key': spine_key, 'columns': columns, 'new_rows': insitu.new_rows_filter(as_of, spine_key, lookback, 'target_encoding')} -%}
{{- insitu.document_columns(plan) -}}
{{ insitu.features_comment(plan) }}
with spine_rows as {{ 'materialized ' if plan.new_rows }}(
    select *, 1 as everyone from {{ spine }} as candidate
    {%- if plan.new_rows %}
    where {{ plan.new_rows }}
    {%- endif %}
),

matured_labels as (
    select
        {{ mapping.values() | join(', ') }}, {{ matured_at }}, 1 as everyone,
        {{ 'case when ' ~ label ~ ' then 1 when not ' ~ label ~ ' then 0 end' if label_types and insitu.type_family(label_types[label | lower]) == 'boolean' else label }} as {{ label }}_value
    from {{ labels }}
),

category as (
    {{ insitu.window_features('spine_rows', 'matured_labels', mapping, measures, windows, matured_at, as_of, (spine_key + mapping.keys() | list) | unique | list, new_rows_only=false, documented=false) | indent(4) }}
),

overall as (
    {{ insitu.window_features('spine_rows', 'matured_labels', ['everyone'], measures, windows, matured_at, as_of, ['everyone'], new_rows_only=false, documented=false) | indent(4) }}
),

overall_rows as (
    select distinct * from overall
),

final as (
    select
        {%- for column in spine_key %}
        category.{{ column }},
        {%- endfor %}
        category.as_of
        {%- for column in columns %},
        {%- set w = column.window.label %}
        (category.label_count_{{ w }} * coalesce(category.label_avg_{{ w }}, 0) + {{ prior_rows }} * overall_rows.label_avg_{{ w }})
        / (category.label_count_{{ w }} + {{ prior_rows }}) as {{ column.name }}
        {%- endfor %}
    from category
    left join overall_rows on category.as_of = overall_rows.as_of
)

select * from final
{%- endmacro %}
