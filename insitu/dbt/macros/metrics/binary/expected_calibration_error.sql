{% macro metric_expected_calibration_error(relation, by=[], options={}) %}
{#- Mean gap between mean score and share of positives over equal-mass bins, weighted by rows (Naeini et al. 2015).
    Interval: see calibration_error. -#}
{%- set bins = options.get('bins', 10) %}
{%- set bins_relation = insitu.calibration_bins(relation, by, bins, ladder=options.get('ladder')) %}
{{ insitu.calibration_error('expected_calibration_error', bins_relation, by, bins) }}
{% endmacro %}
