{%- do insitu.overall_model('monitoring') -%}

with recursive moments as (
    {{ insitu.moments_of_use_cases() | indent(4) }}
),

predictions as (
    select
        predictions.use_case,
        cast(predictions.batch_as_of as date) as day,
        predictions.model_version,
        predictions.batch_id,
        predictions.entity_id,
        predictions.as_of,
        predictions.score,
        cast(moments.now as date) as today
    from {{ ref('ml_predictions') }} as predictions
    inner join moments on predictions.use_case = moments.use_case and predictions.batch_as_of <= moments.now
),

labelled as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set key = insitu.use_case_config(use_case).key -%}
    select use_case, day, model_version
    from (
        select distinct '{{ use_case }}' as use_case, cast(batch_as_of as date) as day, model_version, {{ insitu.quoted(key) | join(', ') }}
        from {{ insitu.use_case_ref(use_case, 'outcomes') }}
    ) as {{ use_case }}__outcomes
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- every day from the first batch to now, so that a day without predictions is a row with 0
days as (
    select use_case, min(day) as day, max(today) as today
    from predictions
    group by use_case
    union all
    select use_case, cast(day + interval '1 day' as date) as day, today
    from days
    where day < today
),

versions as (
    select distinct use_case, model_version from predictions
),

-- a row that a model scored twice counts once
scored as (
    select
        use_case,
        day,
        model_version,
        entity_id,
        as_of,
        avg(score) as score
    from predictions
    group by use_case, day, model_version, entity_id, as_of
),

predicted as (
    select
        use_case,
        day,
        model_version,
        count(*) as n_predictions,
        avg(score) as mean_score
    from scored
    group by use_case, day, model_version
),

batches as (
    select use_case, day, model_version, count(distinct batch_id) as n_batches
    from predictions
    group by use_case, day, model_version
),

matured as (
    select use_case, day, model_version, count(*) as n_labelled
    from labelled
    group by use_case, day, model_version
),

final as (
    select
        days.use_case,
        days.day,
        versions.model_version,
        coalesce(predicted.n_predictions, 0) as n_predictions,
        coalesce(batches.n_batches, 0) as n_batches,
        coalesce(matured.n_labelled, 0) as n_labelled,
        predicted.mean_score
    from days
    inner join versions on days.use_case = versions.use_case
    left join predicted
        on days.use_case = predicted.use_case
        and days.day = predicted.day
        and versions.model_version = predicted.model_version
    left join batches
        on days.use_case = batches.use_case
        and days.day = batches.day
        and versions.model_version = batches.model_version
    left join matured
        on days.use_case = matured.use_case
        and days.day = matured.day
        and versions.model_version = matured.model_version
)

select * from final
