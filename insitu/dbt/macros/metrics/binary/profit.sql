{% macro metric_profit(relation, by=[], options={}) %}
{#- Mean money per row when rows at or above the threshold are treated. -#}
{{ insitu.mean_metric('profit', insitu.profit_decided(options.costs, options.threshold), relation, by) }}
{% endmacro %}
