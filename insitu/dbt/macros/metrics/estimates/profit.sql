{% macro estimate_profit(relation, by=[], options={}) %}
{#- The mean money per row to expect when rows at or above the threshold are treated. -#}
{%- set money = [] %}
{%- for label in ['1', '0'] %}
    {%- do money.append(
        'case when score >= ' ~ options.threshold ~ ' then ' ~ insitu.profit_treated(options.costs, label)
        ~ ' else ' ~ insitu.profit_untreated(options.costs, label) ~ ' end'
    ) %}
{%- endfor %}
{{ insitu.estimated_ratio('profit', money, [1, 1], relation, by) }}
{% endmacro %}
