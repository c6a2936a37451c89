{#- Mean absolute error. -#}
{% macro metric_mae(relation, by=[], options={}) %}
{{ mean_metric('mae', 'abs(label - score)', relation, by, 'regression') }}
{% endmacro %}
