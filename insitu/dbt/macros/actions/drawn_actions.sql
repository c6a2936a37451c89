{#- CTEs of `decisions`: `drawn`, which has `drawn_action` for the share of rows whose action is drawn, by a hash of the
    policy's salt and the key: a row that is scored again draws the same. -#}
{% macro drawn_actions(use_case) -%}
-- what may be drawn, each as probable as the others
explorable as (
    select
        policies.decided_from,
        policies.explore_share,
        item.position,
        {{ insitu.json_plain('item.value') }} as action,
        count(*) over (partition by policies.decided_from) as n
    from policies
    {{ insitu.json_items('policies.explore_actions', 'item') }}
),

hashed as (
    select
        wanted.*,
        md5(policies.explore_salt || '|' || {{ insitu.key_text(use_case, 'wanted') }}) as draw_hash
    from wanted
    left join policies on wanted.decided_from = policies.decided_from
),

drawn as (
    select
        hashed.*,
        explorable.action as drawn_action,
        case when explorable.action <> hashed.nothing then 1 else 0 end as drawn_treated
    from hashed
    left join explorable
        on hashed.decided_from = explorable.decided_from
        and hashed.is_decided = 1
        and {{ insitu.hash_share('hashed.draw_hash', 1) }} < explorable.explore_share
        and explorable.position = cast(floor({{ insitu.hash_share('hashed.draw_hash', 17) }} * explorable.n) as bigint) + 1
)
{%- endmacro %}


{#- The key of a row predicted as one text. -#}
{% macro key_text(use_case, relation) -%}
    {%- set types, values = {}, [] -%}
    {%- for column in adapter.get_columns_in_relation(insitu.use_case_ref(use_case, 'predictions')) if execute -%}
        {%- do types.update({column.name: column.data_type}) -%}
    {%- endfor -%}
    {%- for column in insitu.use_case_config(use_case).key -%}
        {%- do values.append([relation ~ '.' ~ insitu.identifier(column), types.get(column, 'text')]) -%}
    {%- endfor -%}
    {{- insitu.row_text(values) -}}
{%- endmacro %}
