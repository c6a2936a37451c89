{%- do insitu.overall_model('predictions') -%}
{{ config(materialized='view') }}

with final as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    select
        '{{ use_case }}' as use_case,
        batch_id,
        batch_as_of,
        model_version,
        {{ insitu.entity_id(config) }} as entity_id,
        {{ insitu.identifier(config.as_of) }} as as_of,
        score,
        predicted_at
    from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, 'predictions'), ['batch_id'] + config.key) }} as predictions
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
