{#- Features one below the other: (model_version, period, feature, value); no row when there is no feature. -#}
{% macro unpivoted_features(relation, names, type) -%}
{{ return(adapter.dispatch('unpivoted_features', 'insitu')(relation, names, type)) }}
{%- endmacro %}

{#- One query for each feature. -#}
{% macro default__unpivoted_features(relation, names, type) -%}
{%- for name in names -%}
select
    model_version,
    period,
    {{ insitu.text_literal(name) }} as feature,
    cast({{ insitu.identifier(name) }} as {{ type }}) as value
from {{ relation }}
{{ 'union all' if not loop.last }}
{% else -%}
select model_version, period, '' as feature, cast(null as {{ type }}) as value
from {{ relation }}
where 1 = 0
{%- endfor %}
{%- endmacro %}

{#- In one pass, as taking a wide row apart costs much there, once for each column. -#}
{% macro postgres__unpivoted_features(relation, names, type) -%}
{%- if not names -%}
{{ insitu.default__unpivoted_features(relation, names, type) }}
{%- else -%}
select wide.model_version, wide.period, features.feature, features.value
from {{ relation }} as wide
cross join lateral (
    values
    {%- for name in names %}
    ({{ insitu.text_literal(name) }}, cast(wide.{{ insitu.identifier(name) }} as {{ type }})){{ ',' if not loop.last }}
    {%- endfor %}
) as features (feature, value)
{%- endif %}
{%- endmacro %}
