{% macro metric_profit_treat_none(relation, by=[], options={}) %}
{#- Mean money per row if no row were treated. -#}
{{ insitu.mean_metric('profit_treat_none', insitu.profit_untreated(options.costs), relation, by) }}
{% endmacro %}
