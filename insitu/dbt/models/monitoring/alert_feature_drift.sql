{%- do insitu.overall_model('monitoring') -%}
{%- set message -%}
{{ insitu.count_text('n_features') }} || ' features of the last batch are not as ' || model_version || ' was trained on, by their PSI: ' || features
{%- endset -%}
{{ insitu.feature_findings('alert_feature_drift', 'psi', 'feature_psi', message) }}
