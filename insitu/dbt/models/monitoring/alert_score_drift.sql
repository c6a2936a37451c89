{%- do insitu.overall_model('monitoring') -%}

with drift as (
    select *
    from {{ ref('mon_score_drift') }}
    where metric = 'psi' and batch_id in (select batch_id from ({{ insitu.last_batches() }}) as last_batches)
),

limits as (
    {{ insitu.limits_of_use_cases(['score_psi', 'min_rows']) | indent(4) }}
),

findings as (
    select
        drift.use_case,
        drift.model_version as subject,
        drift.batch_as_of as as_of,
        drift.value,
        greatest(limits.score_psi, coalesce(drift.stable_limit, drift.usual)) as limit_value
    from drift
    inner join limits on drift.use_case = limits.use_case
    where drift.n_rows >= limits.min_rows and drift.value > greatest(limits.score_psi, coalesce(drift.stable_limit, drift.usual))
)

select
    {{ insitu.alert_columns('alert_score_drift') }},
    'the scores of the last batch have PSI ' || {{ insitu.number_text('value') }} || ' against the held-out scores of ' || subject as message
from findings
