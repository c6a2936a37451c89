{#- CTEs of `decisions`: `wanted`, what the policy alone asks of each row in `beside_policy`. It has `wanted_action`,
    `wanted_treated`, `reason`, `is_decided`, `nothing`, the name of doing nothing, and, where a capacity is declared,
    `wanted_gain`: how much better it is than doing nothing, in money, or the score where no action has a price. -#}
{% macro wanted_actions(use_case) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set row = ['batch_id'] + config.key -%}
{%- set needs = insitu.policy_needs(use_case) -%}
{%- set has_score = insitu.is_finite('beside_policy.score') ~ ' is true' -%}
{% if needs.prices -%}
{{ insitu.expected_money(use_case) }},

-- the action that is expected to bring most; none where a price is missing
cheapest as (
    select
        {{ insitu.quoted(row) | join(', ') }},
        max(case when preference = 1 then action end) as action,
        max(case when preference = 1 then 1 - is_nothing end) as is_treated,
        max(case when preference = 1 then money end) - max(case when is_nothing = 1 then money end) as gain
    from (
        select
            *,
            row_number() over ({{ insitu.partition_by(row) }} order by money desc, action_place) as preference
        from expected
    ) as preferred
    {{ insitu.group_by(row) }}
    having count(money) = count(*)
),

{% endif -%}
asked as (
    select
        beside_policy.*,
        policies.treat,
        policies.treat_not as nothing,
        {%- if needs.prices %}
        cheapest.action as cheapest_action,
        {%- endif %}
        {%- if needs.capacity %}
        case
            {%- if needs.prices %}
            when policies.prices is not null then cheapest.gain
            {%- endif %}
            when {{ has_score }} then beside_policy.score
        end as wanted_gain,
        {%- endif %}
        case
            when not {{ has_score }} then 0
            {%- if needs.prices %}
            when policies.prices is not null then coalesce(cheapest.is_treated, 0)
            {%- endif %}
            when policies.threshold is not null then case when beside_policy.score >= policies.threshold then 1 else 0 end
            {%- if needs.capacity %}
            when policies.capacity is not null then 1
            {%- endif %}
            else 0
        end as wanted_treated,
        case
            when not {{ has_score }} then 'no_score'
            {%- if needs.prices %}
            when policies.prices is not null then case when cheapest.action is null then 'no_price' else 'best_expected' end
            {%- endif %}
            when beside_policy.score >= policies.threshold then 'threshold_reached'
            when policies.threshold is not null then 'threshold_missed'
            {%- if needs.capacity %}
            when policies.capacity is not null then 'within_capacity'
            {%- endif %}
            else 'no_policy'
        end as reason
    from beside_policy
    left join policies on beside_policy.decided_from = policies.decided_from
    {%- if needs.prices %}
    left join cheapest on {{ insitu.join_on('beside_policy', 'cheapest', row) }}
    {%- endif %}
),

wanted as (
    select
        *,
        case when reason in ('no_score', 'no_price', 'no_policy') then 0 else 1 end as is_decided,
        {%- if needs.prices %}
        case when cheapest_action is not null then cheapest_action when wanted_treated = 1 then treat else nothing end as wanted_action
        {%- else %}
        case when wanted_treated = 1 then treat else nothing end as wanted_action
        {%- endif %}
    from asked
)
{%- endmacro %}


{#- CTEs of `decisions`: `expected`, the money that each row may expect of each action that its policy prices, by the
    probabilities of the classes; NULL where a price is missing. -#}
{% macro expected_money(use_case) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set row = ['batch_id'] + config.key -%}
{%- set brings = 'sum(priced.money * probabilities.probability)' -%}
priced as (
    {{ insitu.priced(use_case, 'beside_policy') | indent(4) }}
    where {{ insitu.is_finite('asked.score') }}
),

probabilities as (
    {%- if config.task == 'multiclass' %}
    select
        {{ insitu.quoted(row) | join(', ') }},
        class,
        score as probability,
        count(*) over ({{ insitu.partition_by(row) }}) as n_classes
    from ranked
    {%- else %}
    select {{ insitu.quoted(row) | join(', ') }}, '1' as class, score as probability, 2 as n_classes
    from ranked
    union all
    select {{ insitu.quoted(row) | join(', ') }}, '0' as class, 1 - score as probability, 2 as n_classes
    from ranked
    {%- endif %}
),

expected as (
    select
        {{ insitu.quoted(row, 'priced.') | join(', ') }},
        priced.action,
        min(priced.action_place) as action_place,
        max(priced.is_nothing) as is_nothing,
        case
            -- every price has its class, and every class its price
            when count(priced.money * probabilities.probability) = count(*) and count(*) = max(probabilities.n_classes)
                then case when {{ insitu.is_finite(brings) }} then {{ brings }} end
        end as money
    from priced
    left join probabilities
        on {{ insitu.join_on('priced', 'probabilities', row) }}
        and priced.class = probabilities.class
    {{ insitu.group_by(row, ['priced.action'], 'priced.') }}
)
{%- endmacro %}
