{#- Reliability of the confidence in the most probable class: x = mean confidence, y = share right. -#}
{% macro curve_multiclass_calibration(relation, by=[], options={}) %}
{{ insitu.curve_calibration(insitu.multiclass_hits(relation, by), by, {'bins': options.get('bins', 10)}) }}
{% endmacro %}
