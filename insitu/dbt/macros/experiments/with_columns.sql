{#- A relation with computed columns beside its own, as a query in brackets. PostgreSQL would paste each expression
    wherever its name is used, and so compute what is built up in many steps many times over; `offset 0` keeps it from
    that, and means nothing elsewhere. -#}
{% macro with_columns(relation, columns) -%}
(
    select
        *
        {%- for name, expression in columns.items() %},
        {{ expression }} as {{ name }}
        {%- endfor %}
    from {{ relation }} as computed
    offset 0
)
{%- endmacro %}


{#- A polynomial in a column, its coefficients from the highest power down. -#}
{% macro polynomial(x, coefficients) -%}
{{ '(' * (coefficients | length - 1) }}{{ coefficients[0] }}
{%- for coefficient in coefficients[1:] %} * {{ x }} + ({{ coefficient }})){% endfor %}
{%- endmacro %}


{#- e to a power, 0 where the power is far below zero: PostgreSQL refuses results too small for a double, also of the
    product of two that are not. -#}
{% macro exponential(power) -%}
(case when {{ power }} > -300 then exp({{ power }}) when {{ power }} <= -300 then 0 end)
{%- endmacro %}
