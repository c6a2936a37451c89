{#- Body of `<use_case>__predictions_latest`: one row per entity, from the last batch that scored it. -#}
{% macro predictions_latest(use_case) -%}
{%- set entity = use_case_config(use_case).get('entity', []) -%}
{%- set label = use_case_config(use_case).get('label', 'label') -%}
with decisions as (
    select * from {{ ref(use_case ~ '__decisions') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by {{ entity | join(', ') }}
            order by as_of desc, batch_as_of desc, predicted_at desc, batch_id
        ) as recency
    from decisions
),

final as (
    select
        {%- for column in entity %}
        {{ column }},
        {%- endfor %}
        as_of,
        score,
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
