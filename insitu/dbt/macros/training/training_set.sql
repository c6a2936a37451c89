{#- Body of `<use_case>__training_set`: the feature rows whose label had matured at the moment of training, split by time.
    `snapshot_id` is the hash of the contents: equal contents, equal id, in any order of rows. Where history was corrected
    since models were trained for this moment, it is the one that they were trained on (`kept_snapshot`). -#}
{% macro training_set(use_case) -%}
{%- do insitu.use_case_model(use_case, 'training') -%}
{%- do insitu.check_declarations() -%}
{%- do insitu.say_slices(use_case) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
{%- set labels = insitu.use_case_ref(use_case, 'labels') -%}
{%- set key = config.key -%}
{%- set moment = insitu.training_as_of(use_case) -%}
{%- set columns = adapter.get_columns_in_relation(features) if execute else [] -%}
{%- set names = columns | map(attribute='name') | list -%}
{%- set label_columns = adapter.get_columns_in_relation(labels) if execute else [] -%}
{%- set label_names = label_columns | map(attribute='name') | list -%}
{%- do insitu.check_columns(features, names, key, 'meta.ml.entity and meta.ml.as_of of ' ~ use_case ~ '__models') if names -%}
{%- do insitu.check_features(features, names, key, config) -%}
{%- do insitu.check_columns(labels, label_names, key + [config.label, 'matured_at'], 'meta.ml.label of ' ~ use_case ~ '__models') if label_names -%}
{%- set kept = insitu.kept_snapshot(use_case) -%}
with features as (
    select * from {{ features }}
),

labels as (
    select * from {{ labels }}
    where matured_at < {{ insitu.timestamp_literal(moment) }}
),

-- Read twice: DuckDB joins faster than it keeps so wide a table.
labelled as {{ 'not materialized ' if target.type == 'duckdb' }}(
    select
        {{ insitu.split(use_case, 'features.' ~ insitu.identifier(config.as_of), 'labels.matured_at') }} as split,
        features.*,
        labels.{{ insitu.identifier(config.label) }},
        labels.matured_at
    from features
    inner join labels
        on {{ insitu.join_on('features', 'labels', key) }}
),

{% if not kept -%}
snapshot as (
    select {{ insitu.content_hash(['split'] + columns + label_columns | selectattr('name', 'equalto', config.label) | list) }} as snapshot_id
    from labelled
),

{% endif -%}
final as (
    select
        {%- if kept %}
        {{ insitu.text_literal(kept) }} as snapshot_id,
        {%- else %}
        -- A scalar subquery runs once; the other side of a cross join may run for every row.
        (select snapshot_id from snapshot) as snapshot_id,
        {%- endif %}
        {{ insitu.timestamp_literal(moment) }} as training_as_of,
        '{{ insitu.definition_of_snapshot(use_case) }}' as defined_by,
        labelled.*
    from labelled
)

select * from final
{%- endmacro %}
