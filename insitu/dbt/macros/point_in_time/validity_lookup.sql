{#-
    The row of a slowly changing dimension that was valid at as_of: valid_from <= as_of < valid_to (NULL: still valid).
    The periods of a key must not overlap, or a spine row comes out twice: test it with `no_overlapping_validity`.
-#}
{% macro validity_lookup(spine, dimension, keys, columns, valid_from='valid_from', valid_to='valid_to', as_of='as_of', spine_key=none, prefix=none, lookback=none) %}
{%- set plan = insitu.plan_lookup('validity_lookup', spine, dimension, 'valid_from, valid_to', keys, columns, [valid_from, valid_to], as_of, spine_key,
    prefix, 'the row valid at as_of', 'range_join', 'one row per spine row: periods do not overlap', lookback) -%}
{{- insitu.document_columns(plan) -}}
{{ insitu.features_comment(plan) }}
{{ insitu.spine_cte(plan) }}

dimension as (
    select
        {%- for spine_column, column in plan.key_columns.items() %}
        {{ column }}{{ ' as ' ~ spine_column if spine_column != column }},
        {%- endfor %}
        {{ valid_from }} as valid_from,
        {{ valid_to }} as valid_to
        {%- for column in plan.columns %},
        {{ column.measure.expr }} as {{ column.name }}
        {%- endfor %}
    from {{ dimension }}
),

final as (
    select
        {%- for column in plan.spine_key %}
        spine.{{ column }},
        {%- endfor %}
        spine.as_of
        {%- for column in plan.columns %},
        dimension.{{ column.name }}
        {%- endfor %}
    from spine
    left join dimension
        on {% for key in plan.key_columns %}spine.{{ key }} = dimension.{{ key }} and {% endfor %}dimension.valid_from <= spine.as_of
        and (dimension.valid_to is null or spine.as_of < dimension.valid_to)
)

select * from final
{%- endmacro %}


{% test no_overlapping_validity(model, keys, valid_from='valid_from', valid_to='valid_to') %}
    with periods as (
        select {{ keys | join(', ') }}, {{ valid_from }} as valid_from, {{ valid_to }} as valid_to,
            lead({{ valid_from }}) over (partition by {{ keys | join(', ') }} order by {{ valid_from }}) as next_from
        from {{ model }}
    )

    select * from periods where next_from is not null and (valid_to is null or next_from < valid_to)
{% endtest %}
