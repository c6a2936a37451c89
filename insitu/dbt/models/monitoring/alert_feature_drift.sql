{%- do insitu.overall_model('monitoring') -%}

with drift as (
    select *
    from {{ ref('mon_feature_drift') }}
    where metric = 'psi' and batch_id in (select batch_id from ({{ insitu.last_batches() }}) as last_batches)
),

limits as (
    {{ insitu.limits_of_use_cases(['feature_psi', 'min_rows']) | indent(4) }}
),

findings as (
    select
        drift.use_case,
        drift.feature as subject,
        drift.batch_as_of as as_of,
        drift.value,
        greatest(limits.feature_psi, drift.usual) as limit_value,
        drift.model_version
    from drift
    inner join limits on drift.use_case = limits.use_case
    where drift.n_rows >= limits.min_rows and drift.value > greatest(limits.feature_psi, drift.usual)
)

select
    {{ insitu.alert_columns('alert_feature_drift') }},
    subject || ' of the last batch has PSI ' || {{ insitu.number_text('value') }} || ' against what ' || model_version || ' was trained on' as message
from findings
