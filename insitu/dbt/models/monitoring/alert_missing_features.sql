{%- do insitu.overall_model('monitoring') -%}
{%- set message -%}
{{ insitu.count_text('n_features') }} || ' features are missing more often than in training, by the shares of rows: ' || features
{%- endset -%}
{{ insitu.feature_findings('alert_missing_features', 'missing_share', 'feature_missing_share', message) }}
