{#- Mean negative log of the score that the label got, clipped to [eps, 1 - eps], eps = 2^-52, as scikit-learn. -#}
{% macro metric_multiclass_log_loss(relation, by=[], options={}) %}
{%- set eps = 'cast(2.220446049250313e-16 as double precision)' %}
{%- set label_scores -%}
(
    select {{ insitu.by_columns(by) }}1 as label, label_score as score
    from ({{ insitu.multiclass_rows(relation, by) }}) as counted
) as label_scores
{%- endset %}
{{ insitu.mean_metric('log_loss', '-ln(greatest(' ~ eps ~ ', least(1 - ' ~ eps ~ ', score)))', label_scores, by) }}
{% endmacro %}
