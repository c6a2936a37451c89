{#- Body of an optional `<use_case>__effects`: did the action work? One row for each action, against doing nothing, among the
    rows of record whose action was drawn (`is_explored`) and whose label is known: by how much it changes the mean label and
    the mean money, with 95 % intervals. `done`, if there is one, says what was really done: a relation with the key,
    `action` and `done_at`, a row for each action that was delivered. `done_share` is the share of those who were to get it
    and did, `done_share_nothing` that of those who were not, and `…_of_done` the effect on those who got it because of the
    draw. In a multiclass task there is no mean label. -#}
{% macro effects(use_case, done=none) -%}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set outcomes = insitu.use_case_ref(use_case, 'outcomes') -%}
{%- set policies = insitu.use_case_ref(use_case, 'policies') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- if done and execute -%}
    {%- set there = adapter.get_columns_in_relation(done) | map(attribute='name') | list -%}
    {%- do insitu.check_columns(done, there, config.key + ['action', 'done_at'], 'what ' ~ use_case ~ '__effects reads as done') if there -%}
{%- endif -%}
with outcomes as (
    select * from {{ outcomes }}
    where is_in_charge = 1 and is_explored = 1
),

policies as (
    {{ insitu.tenures_of_policies(use_case) | indent(4) }}
),

{% if done -%}
done as (
    select distinct {{ insitu.quoted(config.key + ['action']) | join(', ') }}
    from {{ insitu.from_relation(done) }}
    where done_at is not null
),

{% endif -%}
drawn as (
    select
        outcomes.*,
        case when outcomes.action = policies.treat_not then 1 else 0 end as is_nothing,
        {% if config.task == 'multiclass' -%}
        cast(null as double precision) as label_value
        {%- elif config.task == 'binary' -%}
        cast(cast(outcomes.label as integer) as double precision) as label_value
        {%- else -%}
        cast(outcomes.label as double precision) as label_value
        {%- endif %}
    from outcomes
    inner join policies on outcomes.decided_from = policies.decided_from
    {%- if config.task == 'multiclass' %}
    where outcomes.realised_profit is not null
    {%- endif %}
),

-- each action beside those who were to get it and those who were to get nothing
compared as (
    select
        actions.action,
        1 - drawn.is_nothing as is_asked,
        drawn.label_value as label,
        drawn.realised_profit as money,
        {% if done -%}
        case when done.action is not null then 1.0 else 0.0 end as is_done
        {%- else -%}
        cast(null as double precision) as is_done
        {%- endif %}
    from (select distinct action from drawn where is_nothing = 0) as actions
    inner join drawn on actions.action = drawn.action or drawn.is_nothing = 1
    {%- if done %}
    left join done
        on {{ insitu.join_on('drawn', 'done', config.key) }}
        and actions.action = done.action
    {%- endif %}
),

{%- set asked, not_asked = 'case when is_asked = 1 then ', 'case when is_asked = 0 then ' %}
counted as (
    select
        action,
        cast(sum(is_asked) as bigint) as n_rows,
        cast(sum(1 - is_asked) as bigint) as n_nothing,
        {%- for name in ['label', 'money'] %}
        avg({{ asked ~ name }} end) - avg({{ not_asked ~ name }} end) as {{ name }}_effect,
        sqrt(
            var_samp({{ asked ~ name }} end) / nullif(count({{ asked ~ name }} end), 0)
            + var_samp({{ not_asked ~ name }} end) / nullif(count({{ not_asked ~ name }} end), 0)
        ) as {{ name }}_error,
        {%- endfor %}
        avg({{ asked }}is_done end) as done_share,
        avg({{ not_asked }}is_done end) as done_share_nothing
    from compared
    group by action
),

final as (
    select
        action,
        n_rows,
        n_nothing,
        {%- for name in ['label', 'money'] %}
        {{ name }}_effect,
        {{ name }}_effect - {{ insitu.interval_z() }} * {{ name }}_error as {{ name }}_low,
        {{ name }}_effect + {{ insitu.interval_z() }} * {{ name }}_error as {{ name }}_high,
        {%- endfor %}
        cast(done_share as double precision) as done_share,
        cast(done_share_nothing as double precision) as done_share_nothing,
        cast(label_effect / nullif(done_share - done_share_nothing, 0) as double precision) as label_of_done,
        cast(money_effect / nullif(done_share - done_share_nothing, 0) as double precision) as money_of_done
    from counted
)

select * from final
{%- endmacro %}
