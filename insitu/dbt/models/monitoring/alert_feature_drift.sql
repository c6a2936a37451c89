{%- do insitu.overall_model('monitoring') -%}
{%- set message -%}
subject || ' of the last batch has PSI ' || {{ insitu.number_text('value') }} || ' against what ' || model_version || ' was trained on'
{%- endset -%}
{{ insitu.feature_findings('alert_feature_drift', 'psi', 'feature_psi', message) }}
