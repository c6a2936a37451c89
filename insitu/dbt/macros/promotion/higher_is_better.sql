{#- Whether more of a metric is better. -#}
{% macro higher_is_better(metric) %}
    {{- return(metric not in [
        'log_loss', 'brier', 'expected_calibration_error', 'maximum_calibration_error', 'missing_scores',
        'mae', 'rmse', 'mape', 'pinball', 'median_absolute_error',
    ]) -}}
{% endmacro %}
