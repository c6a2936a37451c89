{%- do insitu.overall_model('monitoring') -%}

with moments as (
    {{ insitu.moments_of_use_cases() | indent(4) }}
),

volume as (
    select
        volume.use_case,
        volume.day,
        cast(max(moments.now) as date) - volume.day as days_ago,
        sum(volume.n_predictions) as n_predictions,
        sum(volume.n_labelled) as n_labelled
    from {{ ref('mon_volume') }} as volume
    inner join moments on volume.use_case = moments.use_case
    group by volume.use_case, volume.day
),

limits as (
    {{ insitu.limits_of_use_cases(['unlabelled_share', 'label_delay_days', 'window_days', 'min_rows']) | indent(4) }}
),

-- the window of days whose labels should be here by now
due as (
    select
        volume.use_case,
        max(volume.day) as as_of,
        -- not 1 - the labelled share, which rounds a share at the limit to one above it
        (sum(volume.n_predictions) - sum(volume.n_labelled)) / sum(volume.n_predictions) as value,
        max(limits.unlabelled_share) as limit_value,
        max(limits.label_delay_days) as label_delay_days,
        max(limits.min_rows) as min_rows,
        sum(volume.n_predictions) as n_predictions
    from volume
    inner join limits on volume.use_case = limits.use_case
    where volume.n_predictions > 0
        and volume.days_ago > limits.label_delay_days
        and volume.days_ago <= limits.label_delay_days + limits.window_days
    group by volume.use_case
),

findings as (
    select *, 'labels' as subject
    from due
    where value > limit_value and n_predictions >= min_rows
)

select
    {{ insitu.alert_columns('alert_label_delay') }},
    {{ insitu.count_text('100 * value') }} || ' % of the predictions have no label after ' || cast(label_delay_days as {{ dbt.type_string() }}) || ' days' as message
from findings
