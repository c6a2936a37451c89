{#- Mean absolute error. -#}
{% macro metric_mae(relation, by=[], options={}) %}
{{ insitu.mean_metric('mae', 'abs(label - score)', relation, by, 'regression') }}
{% endmacro %}
