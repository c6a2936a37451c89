{#- The rows of an alert on features: those of each use case's last batch whose drift, by one measure, is beyond the limit
    of that name and beyond what it usually is. `message` is SQL over subject, value and model_version. -#}
{% macro feature_findings(alert, metric, limit, message) -%}
with drift as (
    select *
    from {{ ref('insitu', 'mon_feature_drift') }}
    where metric = '{{ metric }}' and batch_id in (select batch_id from ({{ insitu.last_batches() }}) as last_batches)
),

limits as (
    {{ insitu.limits_of_use_cases([limit, 'min_rows']) | indent(4) }}
),

findings as (
    select
        drift.use_case,
        drift.feature as subject,
        drift.batch_as_of as as_of,
        drift.value,
        greatest(limits.{{ limit }}, drift.usual) as limit_value,
        drift.model_version
    from drift
    inner join limits on drift.use_case = limits.use_case
    where drift.n_rows >= limits.min_rows
),

final as (
    select
        {{ insitu.alert_columns(alert) | indent(4) }},
        {{ message }} as message
    from findings
    where value > limit_value
)

select * from final
{%- endmacro %}
