{# The cost matrix of a use case: the money that follows each outcome, costs negative, gains positive. #}

{% macro cost_optimal_threshold(costs) %}
{#- Treat when p·tp + (1-p)·fp >= p·fn + (1-p)·tn, that is when p >= p* (Elkan 2001). -#}
{%- set missing = ['true_positive', 'false_positive', 'false_negative', 'true_negative'] | reject('in', costs) | list %}
{%- if missing %}
    {%- do exceptions.raise_compiler_error(
        "`meta.ml.costs` lacks " ~ missing | join(', ') ~ " (it has: " ~ costs.keys() | join(', ')
        ~ "). Give the money of all four outcomes, costs as negative numbers."
    ) %}
{%- endif %}
{%- set harm = costs.true_negative - costs.false_positive %}
{%- set benefit = costs.true_positive - costs.false_negative %}
{%- if harm <= 0 or benefit <= 0 %}
    {%- do exceptions.raise_compiler_error(
        "`meta.ml.costs` makes no decision worth taking: treating a negative must cost (false_positive "
        ~ costs.false_positive ~ " < true_negative " ~ costs.true_negative
        ~ ") and treating a positive must pay (true_positive " ~ costs.true_positive ~ " > false_negative "
        ~ costs.false_negative ~ "). The numbers are money: write costs as negative."
    ) %}
{%- endif %}
{{ return(harm / (harm + benefit)) }}
{% endmacro %}

{#- Money of a row that is treated. -#}
{% macro profit_treated(costs, label='label') -%}
({{ label }} * ({{ costs.true_positive }}) + (1 - {{ label }}) * ({{ costs.false_positive }}))
{%- endmacro %}

{#- Money of a row that is not treated. -#}
{% macro profit_untreated(costs, label='label') -%}
({{ label }} * ({{ costs.false_negative }}) + (1 - {{ label }}) * ({{ costs.true_negative }}))
{%- endmacro %}

{#- Money of a row that is treated if its score reaches the threshold. -#}
{% macro profit_decided(costs, threshold) -%}
case when score >= {{ threshold }} then {{ insitu.profit_treated(costs) }} else {{ insitu.profit_untreated(costs) }} end
{%- endmacro %}
