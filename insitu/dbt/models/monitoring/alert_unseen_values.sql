{%- do insitu.overall_model('monitoring') -%}
{%- set message -%}
{{ insitu.count_text('100 * value') }} || ' % of the values of ' || subject || ' in the last batch are like none that ' || model_version || ' was trained on'
{%- endset -%}
{{ insitu.feature_findings('alert_unseen_values', 'unseen_share', 'feature_unseen_share', message) }}
