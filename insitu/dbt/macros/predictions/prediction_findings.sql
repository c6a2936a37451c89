{#- What no model can have written into predictions: (batch_id, model_version, finding, n_rows). -#}
{% macro prediction_findings(predictions, models, task) %}
    {%- set possible = 'predictions.score >= 0 and predictions.score <= 1' -%}
    {%- if task == 'regression' -%}{%- set possible = insitu.is_finite('predictions.score') -%}{%- endif -%}
with rows_found as (
    select
        predictions.batch_id,
        predictions.model_version,
        case
            when models.model_version is null then 'its model is not registered'
            when not coalesce({{ possible }}, false)
                then 'its score is {{ 'no number' if task == 'regression' else 'not between 0 and 1' }}'
        end as finding
    from {{ predictions }} as predictions
    left join {{ models }} as models
        on predictions.model_version = models.model_version and models.status = 'trained'
),

batches_found as (
    select
        batch_id,
        min(model_version) as model_version,
        'its batch has several models or moments' as finding,
        count(*) as n_rows
    from {{ predictions }}
    group by batch_id
    having
        min(model_version) <> max(model_version)
        or min(batch_as_of) <> max(batch_as_of)
        or min(predicted_at) <> max(predicted_at)
        or count(*) <> count(predicted_at)
),

final as (
    select
        batch_id,
        model_version,
        finding,
        count(*) as n_rows
    from rows_found
    where finding is not null
    group by batch_id, model_version, finding
    union all
    select
        batch_id,
        model_version,
        finding,
        n_rows
    from batches_found
)

select * from final
{% endmacro %}
