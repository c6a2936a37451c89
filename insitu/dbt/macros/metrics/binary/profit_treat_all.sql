{% macro metric_profit_treat_all(relation, by=[], options={}) %}
{#- Mean money per row if every row were treated. -#}
{{ insitu.mean_metric('profit_treat_all', insitu.profit_treated(options.costs), relation, by) }}
{% endmacro %}
