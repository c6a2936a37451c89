{#- Body of `<use_case>__predictions_latest`: one row per entity, from the last batch that scored it, by the champion of
    that time; in a multiclass task with the most probable class and its probability. -#}
{% macro predictions_latest(use_case) -%}
{%- do insitu.use_case_model(use_case, 'predictions') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set entity = config.entity -%}
{%- set time = insitu.identifier(config.as_of) -%}
with decisions as (
    select * from {{ insitu.use_case_ref(use_case, 'decisions') }}
    where is_in_charge = 1
),

ranked as (
    select
        *,
        row_number() over (
            {{ insitu.partition_by(entity) }}
            order by {{ time }} desc, batch_as_of desc
            {{- ', score desc, class collate "C"' if config.get('task') == 'multiclass' }}
        ) as recency
    from decisions
),

final as (
    select
        {%- for column in entity %}
        {{ insitu.identifier(column) }},
        {%- endfor %}
        {{ time }},
        {%- if config.get('task') == 'multiclass' %}
        class as predicted_class,
        {%- endif %}
        score,
        {%- for column in insitu.quantile_columns(config) %}
        {{ column }},
        {%- endfor %}
        threshold,
        action,
        expected_profit,
        model_version,
        batch_id,
        batch_as_of,
        predicted_at
    from ranked
    where recency = 1
)

select * from final
{%- endmacro %}
