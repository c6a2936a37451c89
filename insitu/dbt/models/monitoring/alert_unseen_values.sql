{%- do insitu.overall_model('monitoring') -%}
{%- set message -%}
{{ insitu.count_text('n_features') }} || ' features have values that training had nothing like, by the shares of rows: ' || features
{%- endset -%}
{{ insitu.feature_findings('alert_unseen_values', 'unseen_share', 'feature_unseen_share', message) }}
