{#- The rows of an alert on features: those of each use case's last batch whose drift, by one measure, is beyond the limit
    of that name and beyond where a stable period would be. One row a use case: `message` is SQL over n_features (how many), features
    (which, the furthest first, and whether another unit would explain it) and model_version; `value` and `limit_value` are those of the furthest. -#}
{% macro feature_findings(alert, metric, limit, message) -%}
with drift as (
    select *
    from {{ ref('insitu', 'mon_feature_drift') }}
    where metric = '{{ metric }}' and batch_id in (select batch_id from ({{ insitu.last_batches() }}) as last_batches)
),

scales as (
    select batch_id, model_version, feature, value
    from {{ ref('insitu', 'mon_feature_drift') }}
    where metric = 'scale'
),

limits as (
    {{ insitu.limits_of_use_cases([limit, 'min_rows']) | indent(4) }}
),

beyond as (
    select
        drift.use_case,
        drift.feature,
        drift.batch_as_of,
        drift.value,
        greatest(limits.{{ limit }}, coalesce(drift.stable_limit, drift.usual)) as limit_value,
        drift.model_version,
        scales.value as scale,
        row_number() over (
            partition by drift.use_case
            order by drift.value / greatest(limits.{{ limit }}, coalesce(drift.stable_limit, drift.usual)) desc, drift.feature
        ) as place
    from drift
    inner join limits on drift.use_case = limits.use_case
    left join scales on {{ insitu.join_on('drift', 'scales', ['batch_id', 'model_version', 'feature']) }}
    where drift.n_rows >= limits.min_rows and drift.value > greatest(limits.{{ limit }}, coalesce(drift.stable_limit, drift.usual))
),

findings as (
    select
        use_case,
        'features' as subject,
        max(batch_as_of) as as_of,
        max(case when place = 1 then value end) as value,
        max(case when place = 1 then limit_value end) as limit_value,
        max(model_version) as model_version,
        count(*) as n_features,
        string_agg(
            case
                when place <= 5 then feature || ' (' || {{ insitu.number_text('value') }} || case
                    -- what no world does by itself, but another unit
                    when abs(ln(scale)) > 0.2 then ', all values ' || {{ insitu.number_text('scale') }} || ' times what they were: another unit?'
                    else ''
                end || ')'
            end,
            ', ' order by place
        ) || case
            when count(*) > 5 then ' and ' || {{ insitu.count_text('count(*) - 5') }} || ' more'
            else ''
        end as features
    from beyond
    group by use_case
),

final as (
    select
        {{ insitu.alert_columns(alert) | indent(4) }},
        {{ message }} as message
    from findings
)

select * from final
{%- endmacro %}
