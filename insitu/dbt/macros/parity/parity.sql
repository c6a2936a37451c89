{#- Body of `<use_case>__parity`: the features that were scored against the same features as they are computed now, for
    the same entity and as-of, one row per batch and feature that its model used, for the batches of the last
    `parity.days`. A difference means that a source was changed after the fact (a backfill, an overwritten row, a row that
    came later than declared), which no look at the SQL can tell. Numbers may differ by 1e-9,
    relatively: the order of a floating point sum. The feature `(row)` counts scored rows that are not there now, and,
    where only a hash was logged, those whose hash is another. -#}
{% macro parity(use_case) -%}
{%- do insitu.use_case_model(use_case, 'predictions') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set key = config.key -%}
{%- set rules = config.parity -%}
{%- set now = insitu.timestamp_literal(insitu.newest_as_of(use_case)) -%}
{%- set late = insitu.seconds_between('scored.' ~ insitu.identifier(config.as_of), 'scored.batch_as_of') ~ ' / 60' -%}
{%- set scored = insitu.use_case_ref(use_case, 'scored_features') -%}
{%- set current = insitu.parity_features(insitu.use_case_ref(use_case, 'features'), key) -%}
{%- set logged = adapter.get_columns_in_relation(scored) | map(attribute='name') | list if execute else [] -%}
{%- set hashing, has_hash = insitu.logs_hash(config), 'features_hash' in logged -%}
{%- set features = [] -%}
{%- for column in current if column.name in logged and not hashing -%}
    {%- do features.append(column) -%}
{%- endfor -%}
{%- set row_now = 'recomputed.' ~ insitu.identifier(config.as_of) -%}
with scored as (
    select *
    from {{ scored }}
    -- A run for a past moment knows nothing of the batches after it.
    where batch_as_of <= {{ now }}
        and batch_as_of > {{ now }} - interval '{{ rules.days }} days'
    {%- if has_hash and hashing %}
        and hashed_columns = {{ insitu.hashed_columns(current) }}
    {%- elif has_hash %}
        and features_hash is null
    {%- endif %}
),

recomputed as (
    select * from {{ insitu.use_case_ref(use_case, 'features') }}
),

compared as (
    select
        scored.batch_id,
        max(scored.batch_as_of) as batch_as_of,
        count(*) as n_rows,
        {%- if hashing %}
        sum(case when {{ row_now }} is null or scored.features_hash <> {{ insitu.features_hash('recomputed', current) }} then 1 else 0 end) as rows_differ
        {%- else %}
        sum(case when {{ row_now }} is null then 1 else 0 end) as rows_differ
        {%- endif %}
        {%- for column in features %}
        {%- set name = insitu.identifier(column.name) %},
        sum(case when {{ row_now }} is null then 0 else {{ insitu.differs('scored.' ~ name, 'recomputed.' ~ name, column) }} end) as {{ insitu.identifier('n_' ~ loop.index) }},
        {{ insitu.largest_difference('scored.' ~ name, 'recomputed.' ~ name, column) }} as {{ insitu.identifier('d_' ~ loop.index) }},
        max(case when {{ row_now }} is not null and {{ insitu.differs('scored.' ~ name, 'recomputed.' ~ name, column) }} = 1 then {{ late }} end) as {{ insitu.identifier('l_' ~ loop.index) }}
        {%- endfor %}
    from scored
    left join recomputed
        on {{ insitu.join_on('scored', 'recomputed', key) }}
    group by scored.batch_id
),

measured as (
    {%- for column in features %}
    select
        '{{ use_case }}' as use_case,
        batch_id,
        batch_as_of,
        {{ insitu.text_literal(column.name) }} as feature,
        n_rows,
        cast({{ insitu.identifier('n_' ~ loop.index) }} as bigint) as n_different,
        cast({{ insitu.identifier('d_' ~ loop.index) }} as double precision) as largest_difference,
        cast({{ insitu.identifier('l_' ~ loop.index) }} as double precision) as differs_after_minutes,
        {{ 'true' if column.name in rules.may_differ else 'false' }} as may_differ
    from compared
    union all
    {%- endfor %}
    select
        '{{ use_case }}' as use_case,
        batch_id,
        batch_as_of,
        '(row)' as feature,
        n_rows,
        cast(rows_differ as bigint) as n_different,
        cast(null as double precision) as largest_difference,
        cast(null as double precision) as differs_after_minutes,
        {{ 'true' if '(row)' in rules.may_differ else 'false' }} as may_differ
    from compared
),

batches as (
    select distinct batch_id, model_version
    from {{ insitu.use_case_ref(use_case, 'predictions') }}
),

-- a feature that came later was not scored
used as (
    {{ insitu.features_used(use_case) | indent(4) }}
),

final as (
    select
        measured.use_case,
        measured.batch_id,
        measured.batch_as_of,
        measured.feature,
        measured.n_rows,
        measured.n_different,
        measured.largest_difference,
        measured.differs_after_minutes,
        measured.may_differ,
        (
            measured.may_differ
            or measured.n_different <= {{ rules.tolerated }} * measured.n_rows
            {%- if rules.acknowledged %}
            or measured.batch_id in (
                {%- for batch in rules.acknowledged %}{{ insitu.text_literal(batch) }}{{ ', ' if not loop.last }}{% endfor -%}
            )
            {%- endif %}
        ) as is_tolerated,
        {{ insitu.text_literal(rules.severity) }} as severity
    from measured
    inner join batches on measured.batch_id = batches.batch_id
    left join used on batches.model_version = used.model_version and measured.feature = used.feature
    where used.feature is not null or measured.feature = '(row)'
)

select * from final
{%- endmacro %}


{#- Whether `meta.ml.parity.log` is hash and not values, the default; fails on anything else. -#}
{% macro logs_hash(config) %}
    {%- set log = config.parity.log -%}
    {%- if log not in ['values', 'hash'] -%}
        {%- do exceptions.raise_compiler_error("meta.ml.parity.log is '" ~ log ~ "'. Allowed: values, hash.") -%}
    {%- endif -%}
    {{- return(log == 'hash') -}}
{% endmacro %}


{#- The features in a relation, as columns. -#}
{% macro parity_features(relation, key) %}
    {%- set features = [] -%}
    {%- for column in (adapter.get_columns_in_relation(relation) if execute else []) if column.name not in key -%}
        {%- do features.append(column) -%}
    {%- endfor -%}
    {{- return(features) -}}
{% endmacro %}


{#- One hash of a row's features; numbers count with seven digits, for the order of a floating point sum. -#}
{% macro features_hash(relation, features) -%}
    {%- set values = [] -%}
    {%- for column in features -%}
        {%- set value = relation ~ '.' ~ insitu.identifier(column.name) -%}
        {%- if insitu.is_floating(column) -%}
            {%- do values.append(['cast(' ~ value ~ ' as real)', 'real']) -%}
        {%- else -%}
            {%- do values.append([value, column.data_type]) -%}
        {%- endif -%}
    {%- endfor -%}
    md5({{ insitu.row_text(values) }})
{%- endmacro %}


{#- The names of features whose hash is kept, as a literal. -#}
{% macro hashed_columns(features) -%}
    {{- insitu.text_literal(insitu.quoted(features | map(attribute='name')) | join(',')) -}}
{%- endmacro %}


{#- 1 where two values differ, 0 where not; floating-point numbers may differ by 1e-9, relatively. -#}
{% macro differs(left, right, column) -%}
    {%- if insitu.is_floating(column) -%}
    case
        when {{ left }} is not distinct from {{ right }} then 0
        {#- Neither NULL nor what is not finite is near to anything. #}
        when {{ insitu.is_finite(left) }} and {{ insitu.is_finite(right) }}
            and abs({{ left }} - {{ right }}) <= 1e-9 * greatest(1, abs({{ left }})) then 0
        else 1
    end
    {%- else -%}
    case when {{ left }} is distinct from {{ right }} then 1 else 0 end
    {%- endif -%}
{%- endmacro %}


{#- An aggregate: the largest difference of two numbers; NULL for other types. -#}
{% macro largest_difference(left, right, column) -%}
    {%- if insitu.is_floating(column) or insitu.canonical_type(column.data_type) in ['integer', 'bigint', 'smallint', 'numeric'] -%}
    max(case when {{ left }} = {{ right }} then 0 else abs({{ left }} - {{ right }}) end)
    {%- else -%}
    null
    {%- endif -%}
{%- endmacro %}


{#- Whether a column holds floating-point or decimal numbers. -#}
{% macro is_floating(column) %}
    {{- return(insitu.canonical_type(column.data_type) in ['double precision', 'real', 'numeric']) -}}
{% endmacro %}
