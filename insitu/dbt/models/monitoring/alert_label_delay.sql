{%- do insitu.overall_model('monitoring') -%}

with moments as (
    {{ insitu.moments_of_use_cases() | indent(4) }}
),

-- a row that several versions scored waits for one label
predictions as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set keys = ['batch_id'] + insitu.use_case_config(use_case).key -%}
    {%- for part, has_label in [('decisions', 0), ('outcomes', 1)] -%}
    select '{{ use_case }}' as use_case, cast(batch_as_of as date) as day, {{ has_label }} as has_label
    from {{ insitu.most_probable(use_case, insitu.use_case_ref(use_case, part), keys) }} as {{ part }}
    where is_in_charge = 1
    {{ 'union all' if not loop.last }}
    {% endfor -%}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

volume as (
    select
        predictions.use_case,
        predictions.day,
        cast(max(moments.now) as date) - predictions.day as days_ago,
        sum(1 - predictions.has_label) as n_predictions,
        sum(predictions.has_label) as n_labelled
    from predictions
    inner join moments on predictions.use_case = moments.use_case
    group by predictions.use_case, predictions.day
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
