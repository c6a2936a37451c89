{% macro metric_expected_calibration_error(relation, by=[], options={}) %}
{#- Mean gap between mean score and share of positives over equal-mass bins, weighted by rows (Naeini et al. 2015).
    Interval: see calibration_error. -#}
{%- set bins = options.get('bins', 10) %}
{{ insitu.calibration_error('expected_calibration_error', insitu.calibration_bins(relation, by, bins, ladder=options.get('ladder')), by, bins) }}
{% endmacro %}
