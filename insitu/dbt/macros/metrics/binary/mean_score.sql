{% macro metric_mean_score(relation, by=[], options={}) %}
{#- Mean score; beside the base rate it says whether the model is calibrated in the large. -#}
{{ insitu.mean_metric('mean_score', 'score', relation, by, options.get('task', 'binary')) }}
{% endmacro %}
