{% macro estimate_log_loss(relation, by=[], options={}) %}
{#- The mean negative log-likelihood to expect, the mean entropy of the scores; clipped as `metric_log_loss`. -#}
{%- set eps = 'cast(2.220446049250313e-16 as double precision)' %}
{%- set clipped = 'greatest(' ~ eps ~ ', least(1 - ' ~ eps ~ ', score))' %}
{{ insitu.estimated_ratio('log_loss', ['-ln(' ~ clipped ~ ')', '-ln(1 - ' ~ clipped ~ ')'], [1, 1], relation, by, 0) }}
{% endmacro %}
