{%- do insitu.overall_model('monitoring') -%}
{#- A table: PostgreSQL drops a view with the first alert that is built anew by itself. -#}

{%- set alerts = [
    'alert_no_predictions',
    'alert_late_predictions',
    'alert_volume_change',
    'alert_score_drift',
    'alert_feature_drift',
    'alert_unseen_values',
    'alert_missing_features',
    'alert_performance_drop',
    'alert_calibration',
    'alert_business_loss',
    'alert_label_delay',
    'alert_parity',
] %}
{%- if insitu.use_cases_with_experiments() %}{% set alerts = alerts + ['alert_rollout', 'alert_null_units', 'alert_sample_ratio', 'alert_two_variants'] %}{% endif %}

with final as (
    {% for alert in alerts -%}
    select use_case, alert, subject, as_of, severity, message, value, limit_value
    from {{ ref(alert) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
