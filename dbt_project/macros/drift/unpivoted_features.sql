{#- Features one below the other: (model_version, batch_id, test_day, feature, value); no row when there is no feature. -#}
{% macro unpivoted_features(relation, names, type, batch, day) -%}
{%- for name in names -%}
select
    model_version,
    {{ batch }} as batch_id,
    {{ day }} as test_day,
    '{{ name }}' as feature,
    cast({{ adapter.quote(name) }} as {{ type }}) as value
from {{ relation }}
{{ 'union all' if not loop.last }}
{% else -%}
select model_version, {{ batch }} as batch_id, {{ day }} as test_day, '' as feature, cast(null as {{ type }}) as value
from {{ relation }}
where 1 = 0
{%- endfor %}
{%- endmacro %}
