{#- An amount of money: exact, in pounds and pence. -#}
{% macro pounds(expression) -%}
    cast({{ expression }} as decimal(12, 2))
{%- endmacro %}
