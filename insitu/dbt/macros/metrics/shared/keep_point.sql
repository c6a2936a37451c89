{% macro keep_point(position, step, total, points=198) -%}
{# Thins a curve to about `points` points: keep a step when it crosses a multiple of total / points. Deterministic. #}
floor(({{ position }} + {{ step }}) * {{ points }} / {{ total }}) > floor({{ position }} * {{ points }} / {{ total }})
{%- endmacro %}
