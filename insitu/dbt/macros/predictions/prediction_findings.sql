{#- What no model can have written into predictions: (use_case, batch_id, model_version, finding, n_rows). -#}
{% macro prediction_findings(predictions, models) %}
with judged as (
    select
        predictions.use_case,
        predictions.batch_id,
        predictions.model_version,
        case
            when models.model_version is null then 'its model is not registered'
            when models.task = 'regression' and not coalesce({{ insitu.is_finite('predictions.score') }}, false)
                then 'its score is no number'
            when models.task <> 'regression'
                and not coalesce(predictions.score >= 0 and predictions.score <= 1, false)
                then 'its score is not between 0 and 1'
        end as finding
    from {{ predictions }} as predictions
    left join {{ models }} as models
        on predictions.use_case = models.use_case
        and predictions.model_version = models.model_version
        and models.status = 'trained'
),

mixed as (
    select
        use_case,
        batch_id,
        min(model_version) as model_version,
        'its batch has several models or moments' as finding,
        count(*) as n_rows
    from {{ predictions }}
    group by use_case, batch_id
    having
        min(model_version) <> max(model_version)
        or min(batch_as_of) <> max(batch_as_of)
        or min(predicted_at) <> max(predicted_at)
        or count(*) <> count(predicted_at)
),

final as (
    select
        use_case,
        batch_id,
        model_version,
        finding,
        count(*) as n_rows
    from judged
    where finding is not null
    group by use_case, batch_id, model_version, finding
    union all
    select
        use_case,
        batch_id,
        model_version,
        finding,
        n_rows
    from mixed
)

select * from final
{% endmacro %}
