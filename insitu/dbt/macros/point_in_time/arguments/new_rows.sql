{#-
    In an incremental run, which rows of the spine (here `candidate`) are computed: those that the model does not have
    yet, however late they came, or no later than `lookback` behind its newest. Otherwise none: all of them.
-#}
{% macro new_rows_filter(as_of, spine_key, lookback, macro) %}
    {%- set lookback = insitu.parse_window(lookback, 'lookback', macro).seconds if lookback else none -%}
    {%- if not is_incremental() -%}{{ return(none) }}{%- endif -%}
    {%- set known = insitu.known_columns(this) -%}
    {%- for column in spine_key if insitu.own_name(column, known) is none -%}
        {%- do insitu.features_error(
            'spine_key', '`' ~ column ~ '`, which the incremental model does not give out',
            'columns by which ' ~ this ~ ' knows the rows it has: ' ~ known.keys() | join(', '), macro
        ) -%}
    {%- endfor -%}
    {%- set newest = "(select coalesce(max(as_of), timestamp '0001-01-01') from " ~ this ~ ')' -%}
    {%- set horizon = insitu.minus_duration(newest, lookback) if lookback else none -%}
    {%- set same_key = insitu.join_on('there', 'candidate', spine_key) -%}
    {%- set known_keys, row_as_of = [], 'candidate.' ~ insitu.identifier(as_of) -%}
    {%- for column in insitu.quoted(spine_key, 'candidate.') -%}
        {%- do known_keys.append(column ~ ' is not null') -%}
    {%- endfor -%}
    {%- set filter -%}
    not exists (
        select 1
        from {{ this }} as there
        where {{ same_key }} and there.as_of = {{ row_as_of }}
            {%- if horizon %} and there.as_of > {{ horizon }}{% endif %}
    )
    {%- if horizon %}
        and {{ row_as_of }} > {{ horizon }}
    {%- endif %}
        -- A row without a key equals none, so it is new by its time alone.
        and ({{ known_keys | join(' and ') }} or {{ row_as_of }} > {{ newest }})
    {%- endset -%}
    {{ return(filter) }}
{% endmacro %}


{#-
    In an incremental run, and where the scorer computes what is due: only the events that these rows can see, from
    `reach` seconds before the first (none: from the beginning). Few rows see few keys, too: an index then finds their
    events.
-#}
{% macro reached_events(plan, reach) %}
    {%- if is_incremental() or insitu.few_rows() %}
        and {{ plan.known_at }} < (select max(as_of) from spine)
    {%- if reach is not none %}
        and {{ plan.known_at }} >= (select min(as_of) from spine) - interval '{{ insitu.duration_text(reach) }}'
    {%- endif %}
    {%- endif %}
    {%- if insitu.few_rows() %}
        and ({{ insitu.quoted(plan.key_columns.values()) | join(', ') }}) in (
            select {{ insitu.quoted(plan.key_columns.keys()) | join(', ') }} from spine
        )
    {%- endif %}
{%- endmacro %}


{#-
    Whether a model is compiled for few rows of its spine: those that are due, as the scorer does; or `by key`, those
    that somebody asks for.
-#}
{% macro few_rows() %}{{ return(var('insitu_due_only', false)) }}{% endmacro %}


{#- The spine CTE of every feature macro: identifying columns, keys, as_of; only new rows in an incremental run. -#}
{% macro spine_cte(plan) -%}
with spine as {{ 'materialized ' if plan.new_rows }}(
    select
        {%- for column in (plan.spine_key + plan.key_columns.keys() | list) | unique %}
        {{ insitu.identifier(column) }},
        {%- endfor %}
        {{ insitu.identifier(plan.as_of) ~ (' as as_of' if plan.as_of != 'as_of' else '') }}
    from {{ insitu.rows_of(plan.spine) }} as candidate
    {%- if plan.new_rows %}
    where {{ plan.new_rows }}
    {%- endif %}
),
{%- endmacro %}
