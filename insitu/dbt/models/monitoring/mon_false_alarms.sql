{%- do insitu.overall_model('monitoring') -%}
{#- A version's stable periods do not change; each is judged once, by limits that do not know it. -#}
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='append_new_columns') }}
{%- set group = ['use_case', 'model_version', 'subject', 'left_out'] %}
{%- set alerts = [
    ('alert_score_drift', 'score', 'psi', 'score_psi'),
    ('alert_feature_drift', 'feature', 'psi', 'feature_psi'),
    ('alert_unseen_values', 'feature', 'unseen_share', 'feature_unseen_share'),
    ('alert_missing_features', 'feature', 'missing_share', 'feature_missing_share'),
] %}

with measured as (
    select *
    from (
        {{ insitu.stable_periods() | indent(8) }}
    ) as stable
    where metric in ('psi', 'unseen_share', 'missing_share')
        {%- if is_incremental() %}
        and model_version not in (select model_version from {{ this }})
        {%- endif %}
),

-- at most forty, evenly over time: each is left out once
left_out as (
    select use_case, model_version, subject, period as left_out
    from (
        select
            *,
            row_number() over (partition by use_case, model_version, subject order by period) as position,
            count(*) over (partition by use_case, model_version, subject) as total
        from (select distinct use_case, model_version, subject, period from measured) as periods
    ) as counted
    where total <= 40 or {{ insitu.keep_point('(position - 1.0)', '1', 'total', 40) }}
),

others as (
    select measured.*, left_out.left_out
    from measured
    inner join left_out
        on {{ insitu.join_on('measured', 'left_out', group[:3]) }} and measured.period <> left_out.left_out
),

stable_limits as (
    {{ insitu.stable_limits('others', group) | indent(4) }}
),

alerts as (
    {% for alert, subject, metric, limit in alerts -%}
    select use_case, '{{ alert }}' as alert, '{{ subject }}' as subject, '{{ metric }}' as metric, {{ limit }} as limit_value
    from (
        {{ insitu.limits_of_use_cases([limit]) | indent(8) }}
    ) as {{ alert }}_limits
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- What equals the limit but for the last digits, which are each warehouse's own, is not above it.
judged as (
    select
        measured.use_case,
        measured.model_version,
        alerts.alert,
        measured.period,
        measured.chance,
        case when measured.value > 1.000000001 * greatest(alerts.limit_value, stable_limits.usual) then 1 else 0 end as is_unusual,
        case when measured.value > 1.000000001 * greatest(alerts.limit_value, coalesce(stable_limits.stable_limit, stable_limits.usual)) then 1 else 0 end as is_beyond
    from measured
    inner join alerts
        on measured.use_case = alerts.use_case and measured.subject = alerts.subject and measured.metric = alerts.metric
    inner join stable_limits
        on {{ insitu.join_on('measured', 'stable_limits', group[:3] + ['feature', 'metric']) }}
        and measured.period = stable_limits.left_out
),

final as (
    select
        use_case,
        model_version,
        alert,
        cast(period as timestamp) as period_start,
        max(chance) as chance,
        count(*) as n_features,
        cast(sum(is_unusual) as bigint) as n_unusual,
        cast(sum(is_beyond) as bigint) as n_beyond
    from judged
    group by use_case, model_version, alert, period
)

select * from final
