{#- Body of `<use_case>__scoring_set`: the same features, for the spine rows in the window that `as_of` opens. -#}
{% macro scoring_set(use_case) -%}
{%- do insitu.use_case_model(use_case, 'training', 'view') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
{%- set columns = adapter.get_columns_in_relation(features) if execute else [] -%}
{%- do insitu.check_features(features, columns | map(attribute='name'), config.key, config) -%}
{%- set now = insitu.timestamp_literal(insitu.as_of(use_case)) -%}
{%- set time = insitu.identifier(config.as_of) -%}
{%- set window = insitu.duration_interval(use_case, 'scoring.window', config.scoring.window) -%}
with features as (
    select * from {{ features }}
    where {{ time }} >= {{ now }}
        and {{ time }} < {{ now }} + {{ window }}
),

contents as (
    select {{ insitu.content_hash(columns) }} as scoring_set_id
    from features
),

final as (
    select
        -- A scalar subquery runs once; the other side of a cross join may run for every row.
        (select scoring_set_id from contents) as scoring_set_id,
        {{ now }} as batch_as_of,
        features.*
    from features
)

select * from final
{%- endmacro %}
