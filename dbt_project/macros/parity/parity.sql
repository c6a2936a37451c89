{#- Body of `<use_case>__parity`: the features that were scored against the same features as they are computed now, for
    the same entity and as-of, one row per batch and feature. A difference means that a source was changed after the
    fact (a backfill, an overwritten row), which no look at the SQL can tell. Numbers may differ by 1e-9, relatively:
    the order of a floating point sum. -#}
{% macro parity(use_case) -%}
{%- set config = use_case_config(use_case) -%}
{%- set key = config.get('entity', []) + [config.get('as_of', 'as_of')] -%}
{%- set declared = config.get('parity', {}).get('may_differ', []) -%}
{%- set scored = ref(use_case ~ '__scored_features') -%}
{%- set features = [] -%}
{%- set present = adapter.get_columns_in_relation(ref(use_case ~ '__features')) | map(attribute='name') | list if execute else [] -%}
{%- for column in (adapter.get_columns_in_relation(scored) if execute else []) if column.name in present and column.name not in key -%}
    {%- do features.append(column) -%}
{%- endfor -%}
with scored as (
    select * from {{ scored }}
),

recomputed as (
    select * from {{ ref(use_case ~ '__features') }}
),

compared as (
    select
        scored.batch_id,
        max(scored.batch_as_of) as batch_as_of,
        count(*) as n_rows
        {%- for column in features %}
        {%- set name = adapter.quote(column.name) %},
        sum({{ differs('scored.' ~ name, 'recomputed.' ~ name, column) }}) as {{ adapter.quote('n_' ~ loop.index) }},
        {{ largest_difference('scored.' ~ name, 'recomputed.' ~ name, column) }} as {{ adapter.quote('d_' ~ loop.index) }}
        {%- endfor %}
    from scored
    inner join recomputed
        on {% for column in key %}scored.{{ adapter.quote(column) }} = recomputed.{{ adapter.quote(column) }}
        {{- " and " if not loop.last }}{% endfor %}
    group by scored.batch_id
),

final as (
    {%- for column in features %}
    select
        '{{ use_case }}' as use_case,
        batch_id,
        batch_as_of,
        '{{ column.name }}' as feature,
        n_rows,
        cast({{ adapter.quote('n_' ~ loop.index) }} as bigint) as n_different,
        cast({{ adapter.quote('d_' ~ loop.index) }} as double precision) as largest_difference,
        {{ 'true' if column.name in declared else 'false' }} as may_differ
    from compared
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        '{{ use_case }}' as use_case,
        batch_id,
        batch_as_of,
        cast(null as {{ dbt.type_string() }}) as feature,
        n_rows,
        cast(0 as bigint) as n_different,
        cast(null as double precision) as largest_difference,
        true as may_differ
    from compared
    {%- endfor %}
)

select * from final
{%- endmacro %}


{% macro differs(left, right, column) -%}
    {%- if is_floating(column) -%}
    case
        when {{ left }} is null and {{ right }} is null then 0
        when {{ left }} is null or {{ right }} is null then 1
        when abs({{ left }} - {{ right }}) > 1e-9 * greatest(1, abs({{ left }})) then 1
        else 0
    end
    {%- else -%}
    case when {{ left }} is distinct from {{ right }} then 1 else 0 end
    {%- endif -%}
{%- endmacro %}


{% macro largest_difference(left, right, column) -%}
    {%- if is_floating(column) or canonical_type(column.data_type) in ['integer', 'bigint', 'smallint', 'numeric'] -%}
    max(abs({{ left }} - {{ right }}))
    {%- else -%}
    null
    {%- endif -%}
{%- endmacro %}


{% macro is_floating(column) %}
    {{- return(canonical_type(column.data_type) in ['double precision', 'real', 'float', 'numeric']) -}}
{% endmacro %}
