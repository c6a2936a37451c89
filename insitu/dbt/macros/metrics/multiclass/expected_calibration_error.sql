{#- Calibration error of the confidence in the most probable class (Guo et al. 2017), equal-mass bins. -#}
{% macro metric_multiclass_expected_calibration_error(relation, by=[], options={}) %}
{{ insitu.metric_expected_calibration_error(insitu.multiclass_hits(relation, by), by, options) }}
{% endmacro %}
