{#- Mean absolute error relative to the label, whose size is taken as 2^-52 at least, as scikit-learn. -#}
{% macro metric_mape(relation, by=[], options={}) %}
{%- set size = 'greatest(abs(label), cast(2.220446049250313e-16 as double precision))' %}
{{ insitu.mean_metric('mape', 'abs(label - score) / ' ~ size, relation, by, 'regression') }}
{% endmacro %}
