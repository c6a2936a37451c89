{#- The money of rows: (batch_id, key…, action, action_place, is_nothing, class, money), one row for each row of a relation, action
    and class that its policy prices. `rows` are predictions with `decided_from`, one for each row predicted, in whatever
    way they were decided; the money is NULL where a value that it depends on is. -#}
{% macro priced(use_case, rows, policies='policies') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set keys = ['batch_id'] + config.key -%}
{%- set needed = insitu.policy_needs(use_case).money -%}
{%- set columns = insitu.columns_when_scored(use_case, needed, 'asked') -%}
select
    {{ insitu.quoted(keys, 'asked.') | join(', ') }},
    item.value ->> 'action' as action,
    item.position as action_place,
    case when (item.value ->> 'action') = policies.treat_not then 1 else 0 end as is_nothing,
    item.value ->> 'class' as class,
    cast(item.value ->> 'plus' as double precision)
    {%- if columns %} + case
        when (item.value ->> 'column') is null then 0
        {%- for name, column in columns.items() %}
        when (item.value ->> 'column') = {{ insitu.text_literal(name) }}
            then cast(item.value ->> 'times' as double precision) * cast({{ column }} as double precision)
        {%- endfor %}
    end
    {%- endif %} as money
from {{ rows }} as asked
inner join {{ policies }} as policies on asked.decided_from = policies.decided_from
{%- if columns %}
left join {{ insitu.use_case_ref(use_case, 'scored_features') }} as scored_features
    on {{ insitu.join_on('asked', 'scored_features', keys) }}
{%- endif %}
{{ insitu.json_items('policies.prices', 'item') }}
{%- endmacro %}
