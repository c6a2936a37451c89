{#- The body of `<use_case>__outcomes`: decided predictions whose label had matured by `as_of` (what is known at that very
    moment is an outcome, though never a feature), and the money each brought, beside what treating all or none would have. -#}
{% macro outcomes(use_case) %}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set decisions = insitu.use_case_ref(use_case, 'decisions') %}
{%- set labels = insitu.use_case_ref(use_case, 'labels') %}
{%- set config = insitu.use_case_config(use_case) %}
{%- set costs = insitu.policy_costs('policies') %}
{%- set treated = insitu.profit_treated(costs, 'cast(label as integer)') %}
{%- set untreated = insitu.profit_untreated(costs, 'cast(label as integer)') %}
with decisions as (
    select * from {{ decisions }}
),

labels as (
    select * from {{ labels }}
    where matured_at <= {{ insitu.timestamp_literal(insitu.newest_as_of(use_case)) }}
),

matured as (
    select
        decisions.*,
        labels.{{ insitu.identifier(config.label) }} as label,
        labels.matured_at
    from decisions
    inner join labels on {{ insitu.join_on('decisions', 'labels', config.key) }}
    where labels.{{ insitu.identifier(config.label) }} is not null
),

{% if config.task == 'binary' -%}
policies as (
    {{ insitu.tenures_of_policies(use_case) | indent(4) }}
),

{% endif -%}
final as (
    select
        matured.*,
        {%- if config.task == 'binary' %}
        cast(case when is_treated = 1 then {{ treated }} else {{ untreated }} end as double precision) as realised_profit,
        cast({{ treated }} as double precision) as profit_treat_all,
        cast({{ untreated }} as double precision) as profit_treat_none
        {%- else %}
        cast(null as double precision) as realised_profit,
        cast(null as double precision) as profit_treat_all,
        cast(null as double precision) as profit_treat_none
        {%- endif %}
    from matured
    {%- if config.task == 'binary' %}
    left join policies on matured.decided_from = policies.decided_from
    {%- endif %}
)

select * from final
{% endmacro %}
