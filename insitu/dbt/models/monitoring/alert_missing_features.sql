{%- do insitu.overall_model('monitoring') -%}
{%- set message -%}
subject || ' is missing more often than in training, by ' || {{ insitu.number_text('value') }} || ' of the rows'
{%- endset -%}
{{ insitu.feature_findings('alert_missing_features', 'missing_share', 'feature_missing_share', message) }}
