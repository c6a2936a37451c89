{#- Body of `<use_case>__scored_features`: what each prediction was made from, kept as it was at that moment; with
    `meta.ml.parity: {log: hash}`, one hash of it (smaller; a difference is then known by its rows only). -#}
{% macro scored_features(use_case) -%}
{%- do insitu.use_case_model(use_case, 'predictions', 'incremental') -%}
{%- do config(pre_hook="{{ insitu.keep_types(this, insitu.use_case_ref('" ~ use_case ~ "', 'scoring_set')) }}") -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set key = config.key -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
with predictions as (
    select * from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'predictions'), ['batch_id'] + key) }} as predictions
),

scoring_set as (
    select * from {{ insitu.use_case_ref(use_case, 'scoring_set') }}
),

final as (
    select
        predictions.batch_id,
        {%- if insitu.logs_hash(config) %}
        {%- set hashed = insitu.parity_features(features, key) %}
        scoring_set.batch_as_of,
        {%- for column in key %}
        scoring_set.{{ insitu.identifier(column) }},
        {%- endfor %}
        {{ insitu.hashed_columns(hashed) }} as hashed_columns,
        {{ insitu.features_hash('scoring_set', hashed) }} as features_hash
        {%- else %}
        scoring_set.*
        {%- endif %}
    from scoring_set
    inner join predictions
        on scoring_set.batch_as_of = predictions.batch_as_of
        {%- for column in key %}
        and scoring_set.{{ insitu.identifier(column) }} = predictions.{{ insitu.identifier(column) }}
        {%- endfor %}
    {%- if is_incremental() %}
    where predictions.batch_id not in (select batch_id from {{ this }})
    {%- endif %}
)

select * from final
{%- endmacro %}
