{%- do insitu.overall_model('monitoring') -%}

with drift as (
    select
        use_case,
        model_version,
        batch_as_of,
        feature,
        value,
        usual,
        n_rows,
        max(batch_as_of) over (partition by use_case) as last_batch
    from {{ ref('mon_feature_drift') }}
    where metric = 'missing_share'
),

limits as (
    {{ insitu.limits_of_use_cases(['feature_missing_share', 'min_rows']) | indent(4) }}
),

findings as (
    select
        drift.use_case,
        drift.feature as subject,
        drift.batch_as_of as as_of,
        drift.value,
        greatest(limits.feature_missing_share, drift.usual) as limit_value,
        drift.model_version
    from drift
    inner join limits on drift.use_case = limits.use_case
    where drift.batch_as_of = drift.last_batch
        and drift.n_rows >= limits.min_rows
        and drift.value > greatest(limits.feature_missing_share, drift.usual)
)

select
    {{ insitu.alert_columns('alert_missing_features') }},
    subject || ' is missing more often than in training, by ' || {{ insitu.number_text('value') }} || ' of the rows' as message
from findings
