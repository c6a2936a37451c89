{#- The body of `<use_case>__outcomes`: decided predictions whose label had matured by `as_of` (what is known at that very
    moment is an outcome, though never a feature), and the money each brought, beside what treating all or none would have:
    with several actions, all by the first of them. In a multiclass task the money stands once for each row predicted, beside
    the most probable class. -#}
{% macro outcomes(use_case) %}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set decisions = insitu.use_case_ref(use_case, 'decisions') %}
{%- set labels = insitu.use_case_ref(use_case, 'labels') %}
{#- What prices are read from; dbt has to know while it parses. -#}
{%- for name in ['policies', 'predictions', 'scored_features'] %}{% do insitu.use_case_ref(use_case, name) %}{% endfor %}
{%- set config = insitu.use_case_config(use_case) %}
{%- set costs = insitu.policy_costs('policies') %}
{%- set needs = insitu.policy_needs(use_case) %}
{%- set row = ['batch_id'] + config.key %}
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

{% if config.task == 'binary' or needs.prices -%}
policies as (
    {{ insitu.tenures_of_policies(use_case) | indent(4) }}
),

{% endif -%}
{% if needs.prices -%}
told as (
    select * from {{ insitu.most_probable(use_case, 'matured', row) | trim }} as matured
),

-- what each action is worth, now that it is known what came true
worth as (
    select
        priced.*,
        told.action as action_taken,
        row_number() over ({{ insitu.partition_by(row, prefix='priced.') }} order by priced.action_place) as preference
    from (
        {{ insitu.priced(use_case, 'told') | indent(8) }}
    ) as priced
    inner join told
        on {{ insitu.join_on('priced', 'told', row) }}
        and priced.class = {{ 'cast(told.label as varchar)' if config.task == 'multiclass' else 'cast(cast(told.label as integer) as varchar)' }}
),

earned as (
    select
        {{ insitu.quoted(row) | join(', ') }},
        max(case when action = action_taken then money end) as realised_profit,
        max(case when preference = 1 then money end) as profit_treat_all,
        max(case when is_nothing = 1 then money end) as profit_treat_none
    from worth
    {{ insitu.group_by(row) }}
),

{% endif -%}
final as (
    select
        matured.*,
        {%- set of_labels = {
            'realised_profit': 'case when is_treated = 1 then ' ~ treated ~ ' else ' ~ untreated ~ ' end',
            'profit_treat_all': treated,
            'profit_treat_none': untreated,
        } if config.task == 'binary' else {} %}
        {%- for name in ['realised_profit', 'profit_treat_all', 'profit_treat_none'] %}
        cast(
            {%- if needs.prices %}coalesce(earned.{{ name }}, {{ of_labels.get(name, 'null') }})
            {%- else %}{{ of_labels.get(name, 'null') }}
            {%- endif %} as double precision) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from matured
    {%- if config.task == 'binary' %}
    left join policies on matured.decided_from = policies.decided_from
    {%- endif %}
    {%- if needs.prices and config.task == 'multiclass' %}
    left join told
        on {{ insitu.join_on('matured', 'told', row + ['class']) }}
    left join earned on {{ insitu.join_on('told', 'earned', row) }}
    {%- elif needs.prices %}
    left join earned on {{ insitu.join_on('matured', 'earned', row) }}
    {%- endif %}
)

select * from final
{% endmacro %}
