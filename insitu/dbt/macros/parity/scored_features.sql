{#- Body of `<use_case>__scored_features`: what each prediction was made from, kept as it was at that moment; with
    `meta.ml.parity: {log: hash}`, one hash of it (smaller; a difference is then known by its rows only). -#}
{% macro scored_features(use_case) -%}
{%- do insitu.use_case_model(use_case, 'predictions', 'incremental') -%}
{%- do config(pre_hook="{{ insitu.keep_types(this, insitu.use_case_ref('" ~ use_case ~ "', 'features')) }}") -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set key = config.key -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
with predictions as (
    select * from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'predictions'), ['batch_id'] + key) }} as predictions
    {%- if is_incremental() %}
    where predictions.batch_id not in (select batch_id from {{ this }})
    {%- endif %}
),

features as (
    select * from {{ features }}
),

final as (
    select
        predictions.batch_id,
        predictions.batch_as_of,
        {%- if insitu.logs_hash(config) %}
        {%- set hashed = insitu.parity_features(features, key) %}
        {%- for column in key %}
        features.{{ insitu.identifier(column) }},
        {%- endfor %}
        {{ insitu.hashed_columns(hashed) }} as hashed_columns,
        {{ insitu.features_hash('features', hashed) }} as features_hash
        {%- else %}
        features.*
        {%- endif %}
    from predictions
    inner join features on {{ insitu.join_on('predictions', 'features', key) }}
)

select * from final
{%- endmacro %}
