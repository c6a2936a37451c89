{% macro metric_log_loss(relation, by=[], options={}) %}
{#- Mean negative log-likelihood, natural logarithm; scores clipped to [eps, 1 - eps], eps = 2^-52, as scikit-learn. -#}
{%- set eps = 'cast(2.220446049250313e-16 as double precision)' %}
{%- set clipped = 'greatest(' ~ eps ~ ', least(1 - ' ~ eps ~ ', score))' %}
{%- set loss = '-(label * ln(' ~ clipped ~ ') + (1 - label) * ln(1 - ' ~ clipped ~ '))' %}
{{ insitu.mean_metric('log_loss', loss, relation, by) }}
{% endmacro %}
