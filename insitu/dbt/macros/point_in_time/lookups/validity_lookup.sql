{#-
    The row of a slowly changing dimension that was valid at as_of: valid_from <= as_of < valid_to (NULL: still valid),
    or valid_from < as_of <= valid_to when its declaration says `strict: true`; a declared `lag` is added to both ends.
    The periods of a key must not overlap, or a spine row comes out twice: test it with `no_overlapping_validity`.
-#}
{% macro validity_lookup(
    spine, dimension, keys, columns, valid_from='valid_from', valid_to='valid_to', as_of='as_of', spine_key=none,
    prefix=none, lookback=none
) %}
{%- set plan = insitu.plan_lookup(
    'validity_lookup', spine, dimension, 'valid_from, valid_to', keys, columns, [valid_from, valid_to], as_of,
    spine_key, prefix, 'the row valid at as_of', 'range_join', 'one row per spine row: periods do not overlap', lookback
) -%}
{%- set same_key = insitu.join_on('spine', 'dimension', plan.key_columns.keys()) -%}
{%- set from_then, until = ('<', '<=') if insitu.declaration_of(dimension).strict else ('<=', '<') -%}
{%- set moment = insitu.minus_duration('spine.as_of', insitu.declared_lag(dimension, plan.times[0])) -%}
{%- do insitu.document_columns(plan) -%}
{{ insitu.features_comment(plan) }}
{{ insitu.spine_cte(plan) }}

dimension as (
    select
        {%- for column in insitu.renamed_keys(plan.key_columns) %}
        {{ column }},
        {%- endfor %}
        {{ insitu.identifier(plan.times[0]) }} as valid_from,
        {{ insitu.identifier(plan.times[1]) }} as valid_to
        {%- for column in plan.columns %},
        {{ column.measure.sql }} as {{ insitu.identifier(column.name) }}
        {%- endfor %}
    from {{ insitu.from_relation(dimension) }}
),

final as (
    select
        {%- for column in plan.spine_key %}
        spine.{{ insitu.identifier(column) }},
        {%- endfor %}
        spine.as_of
        {%- for column in plan.columns %},
        dimension.{{ insitu.identifier(column.name) }}
        {%- endfor %}
    from spine
    left join dimension
        on {{ same_key }} and dimension.valid_from {{ from_then }} {{ moment }}
        and (dimension.valid_to is null or {{ moment }} {{ until }} dimension.valid_to)
)

select * from final
{%- endmacro %}
