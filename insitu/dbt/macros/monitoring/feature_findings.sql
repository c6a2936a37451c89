{#- The rows of an alert on features: those of each use case's last batch whose drift, by one measure, is beyond the limit
    of that name and beyond where a stable period would be (with too few of these, beyond what is usual). `message` is SQL over
    subject, value and model_version; where another unit would explain a finding, it says so. -#}
{% macro feature_findings(alert, metric, limit, message) -%}
with drift as (
    select *
    from {{ ref('insitu', 'mon_feature_drift') }}
    where batch_id in (select batch_id from ({{ insitu.last_batches() }}) as last_batches)
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
        greatest(limits.{{ limit }}, coalesce(drift.stable_limit, drift.usual)) as limit_value,
        drift.model_version,
        scales.value as scale
    from drift
    inner join limits on drift.use_case = limits.use_case
    left join drift as scales
        on {{ insitu.join_on('drift', 'scales', ['use_case', 'batch_id', 'model_version', 'feature']) }}
        and scales.metric = 'scale'
    where drift.metric = '{{ metric }}' and drift.n_rows >= limits.min_rows
),

final as (
    select
        {{ insitu.alert_columns(alert) | indent(4) }},
        {{ message }} || case
            -- what no world does by itself, but another unit
            when abs(ln(scale)) > 0.2 then '; all values are ' || {{ insitu.number_text('scale') }} || ' times what they were: another unit?'
            else ''
        end as message
    from findings
    where value > limit_value
)

select * from final
{%- endmacro %}
