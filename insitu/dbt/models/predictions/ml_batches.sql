{%- do insitu.overall_model('predictions') -%}

with predictions as (
    select * from {{ ref('ml_predictions') }}
),

final as (
    select
        use_case,
        batch_id,
        batch_as_of,
        model_version,
        count(*) as n_predictions,
        avg(score) as mean_score,
        min(as_of) as first_as_of,
        max(as_of) as last_as_of,
        max(predicted_at) as predicted_at
    from predictions
    group by use_case, batch_id, batch_as_of, model_version
)

select * from final
