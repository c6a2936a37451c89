{#- Features one below the other: (model_version, batch_id, test_day, feature, value); no row when there is no
    feature. -#}
{% macro unpivoted_features(relation, names, type, batch, day) -%}
{{ return(adapter.dispatch('unpivoted_features', 'insitu')(relation, names, type, batch, day)) }}
{%- endmacro %}

{#- One query for each feature. -#}
{% macro default__unpivoted_features(relation, names, type, batch, day) -%}
{%- for name in names -%}
select
    model_version,
    {{ batch }} as batch_id,
    {{ day }} as test_day,
    {{ insitu.text_literal(name) }} as feature,
    cast({{ insitu.identifier(name) }} as {{ type }}) as value
from {{ relation }}
{{ 'union all' if not loop.last }}
{% else -%}
select model_version, {{ batch }} as batch_id, {{ day }} as test_day, '' as feature, cast(null as {{ type }}) as value
from {{ relation }}
where 1 = 0
{%- endfor %}
{%- endmacro %}

{#- In one pass, as taking a wide row apart costs much there, once for each column. -#}
{% macro postgres__unpivoted_features(relation, names, type, batch, day) -%}
{%- if not names -%}
{{ insitu.default__unpivoted_features(relation, names, type, batch, day) }}
{%- else -%}
select wide.model_version, {{ batch }} as batch_id, {{ day }} as test_day, features.feature, features.value
from {{ relation }} as wide
cross join lateral (
    values
    {%- for name in names %}
    ({{ insitu.text_literal(name) }}, cast(wide.{{ insitu.identifier(name) }} as {{ type }})){{ ',' if not loop.last }}
    {%- endfor %}
) as features (feature, value)
{%- endif %}
{%- endmacro %}
