{% macro metric_maximum_calibration_error(relation, by=[], options={}) %}
{#- The largest gap between mean score and share of positives over equal-width bins: what hides in the thin tails.
    Interval: see calibration_error. -#}
{%- set bins = options.get('bins', 10) %}
{%- set bins_relation = insitu.calibration_bins(relation, by, bins, 'width', ladder=options.get('ladder')) %}
{{ insitu.calibration_error('maximum_calibration_error', bins_relation, by, bins, worst=true) }}
{% endmacro %}
