{%- do insitu.overall_model('monitoring') -%}

with moments as (
    {{ insitu.moments_of_use_cases() | indent(4) }}
),

batches as (
    select batches.use_case, cast(batches.batch_as_of as date) as day, batches.n_in_charge
    from {{ ref('ml_batches') }} as batches
    inner join moments on batches.use_case = moments.use_case and batches.batch_as_of <= moments.now
),

volume as (
    select
        use_case,
        day,
        sum(n_in_charge) as n_predictions,
        row_number() over (partition by use_case order by day desc) as days_ago
    from batches
    group by use_case, day
    having sum(n_in_charge) > 0
),

usual as (
    select use_case, avg(n_predictions) as n_predictions, count(*) as n_days
    from volume
    where days_ago between 2 and 8
    group by use_case
),

limits as (
    {{ insitu.limits_of_use_cases(['volume_change']) | indent(4) }}
),

findings as (
    select
        volume.use_case,
        'batch' as subject,
        volume.day as as_of,
        (volume.n_predictions - usual.n_predictions) / usual.n_predictions as value,
        limits.volume_change as limit_value,
        volume.n_predictions,
        usual.n_predictions as usual_predictions
    from volume
    inner join usual on volume.use_case = usual.use_case
    inner join limits on volume.use_case = limits.use_case
    where volume.days_ago = 1
        and usual.n_days >= 3
        and abs(volume.n_predictions - usual.n_predictions) / usual.n_predictions > limits.volume_change
)

select
    {{ insitu.alert_columns('alert_volume_change') }},
    {{ insitu.count_text('n_predictions') }} || ' predictions, where ' || {{ insitu.count_text('usual_predictions') }} || ' were usual before' as message
from findings
