{#- Γ(x + 1/2) / Γ(x) of a positive column: the recurrence eight steps up, and from there the expansion in 1/x. Right to
    1e-11. -#}
{% macro gamma_half_step(x) -%}
{%- set up = '(' ~ x ~ ' + 8)' %}
{%- for k in range(8) %}({{ x }} + {{ k }}) / ({{ x }} + {{ k }}.5) * {% endfor -%}
sqrt({{ up }}) * {{ insitu.polynomial('(1 / ' ~ up ~ ')', [
    '0.0011719763278961182', '0.0002071857452392578', '-0.0015220642089843750', '-0.000640869140625', '0.0048828125',
    '0.0078125', '-0.125', '1.0',
]) }}
{%- endmacro %}


{#- ln Γ(x) of a positive column: the recurrence eight steps up, and from there Stirling's series. Right to 1e-12 of its
    size. -#}
{% macro log_gamma(x) -%}
{%- set up = '(' ~ x ~ ' + 8)' %}
(({{ up }} - 0.5) * ln({{ up }}) - {{ up }} + 0.91893853320467274178
    + (1 / 12.0 - (1 / 360.0 - (1 / 1260.0 - (1 / 1680.0) / ({{ up }} * {{ up }})) / ({{ up }} * {{ up }})) / ({{ up }} * {{ up }})) / {{ up }}
    - ({% for k in range(8) %}ln({{ x }} + {{ k }}){{ ' + ' if not loop.last }}{% endfor %}))
{%- endmacro %}
