{#- Mean label. -#}
{% macro metric_mean_label(relation, by=[], options={}) %}
{{ insitu.mean_metric('mean_label', 'label', relation, by, 'regression') }}
{% endmacro %}
