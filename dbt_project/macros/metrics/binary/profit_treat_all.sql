{% macro metric_profit_treat_all(relation, by=[], options={}) %}
{#- Mean money per row if every row were treated. -#}
{{ mean_metric('profit_treat_all', profit_treated(options.costs), relation, by) }}
{% endmacro %}
