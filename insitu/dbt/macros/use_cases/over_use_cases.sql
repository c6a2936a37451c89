{#- The rows of a body, such as `evaluation_curves`, for each use case in turn, with `use_case` before them. -#}
{% macro over_use_cases(body, use_cases) -%}
{% for use_case in use_cases -%}
select
    '{{ use_case }}' as use_case,
    {{ body }}.*
from (
    {{ insitu.macro_named(body)(use_case) | trim | indent(4) }}
) as {{ body }}
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}
