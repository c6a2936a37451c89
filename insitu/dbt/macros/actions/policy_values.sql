{#- What other policies would have brought, out of what was done by chance: one row for each policy in
    `meta.ml.policy.compare` and estimator (ips, snips, dr), and one for what was decided (`as_decided`). `gain` is the
    difference to what was decided, on the same rows. Rows on which the other policy's action had no chance say nothing of it:
    they are counted (`n_unsupported`) and left out. -#}
{% macro policy_values(use_case) -%}
{%- set outcomes = insitu.use_case_ref(use_case, 'outcomes') -%}
{#- What prices are read from; dbt has to know while it parses. -#}
{%- for name in ['policies', 'predictions', 'scored_features'] %}{% do insitu.use_case_ref(use_case, name) %}{% endfor -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set row = ['batch_id'] + config.key -%}
{%- set needs = insitu.policy_needs(use_case) -%}
{%- set costs = insitu.policy_costs('compared') -%}
{%- set compare = insitu.policies_to_compare(use_case) -%}
with policies as (
    {{ insitu.tenures_of_policies(use_case) | indent(4) }}
),

decided as (
    select * from {{ outcomes }}
    where is_in_charge = 1
),

-- in a multiclass task the money stands once for each row predicted
logged as (
    select
        decided.*,
        policies.prices,
        policies.treat,
        policies.treat_not as nothing,
        policies.explore_actions,
        policies.true_positive,
        policies.false_positive,
        policies.false_negative,
        policies.true_negative
    from decided
    inner join policies on decided.decided_from = policies.decided_from
    where decided.realised_profit is not null and decided.propensity > 0
),

{% if needs.prices -%}
expected as (
    {{ insitu.expected_by_action(use_case, 'decided') | indent(4) }}
),

{% endif -%}
compared as (
    select 'as_decided' as compared_policy, logged.*, logged.action as other_action
    from logged
    {%- for one in compare %}
    union all
    {%- if one.policy_version is none %}
    select
        {{ insitu.text_literal(one.name) }} as compared_policy,
        logged.*,
        {% if one.threshold is not none -%}
        case when logged.score >= {{ one.threshold }} then logged.treat else logged.nothing end as other_action
        {%- else -%}
        {{ insitu.text_literal(one.action) }} as other_action
        {%- endif %}
    from logged
    {%- else %}
    select
        {{ insitu.text_literal(one.name) }} as compared_policy,
        logged.*,
        case
            {%- if needs.prices %}
            when other.prices is not null then preferred.action
            {%- endif %}
            when logged.score >= other.threshold then other.treat
            else other.treat_not
        end as other_action
    from logged
    inner join policies as other on other.decided_from = {{ one.decided_from }}
    {%- if needs.prices %}
    left join (
        select *, row_number() over ({{ insitu.partition_by(row) }} order by money desc, action_place) as preference
        from ({{ insitu.expected_by_action(use_case, 'decided', one.decided_from) | indent(12) }}) as expected
    ) as preferred
        on {{ insitu.join_on('logged', 'preferred', row) }}
        and preferred.preference = 1
    {%- endif %}
    {%- endif %}
    {%- endfor %}
),

-- what the scores promise of the action that was taken and of the other one
weighed as (
    select
        compared.compared_policy as policy,
        compared.realised_profit as brought,
        case
            when compared.compared_policy = 'as_decided' then 1
            when compared.action = compared.other_action then 1 / compared.propensity
            else 0
        end as weight,
        {%- for name, action in {'promised': 'compared.action', 'promised_other': 'compared.other_action'}.items() %}
        coalesce(
            {%- if needs.prices %}
            {{ name }}.money,
            {%- endif %}
            case
                when {{ action }} = compared.nothing then {{ insitu.profit_untreated(costs, 'compared.score') }}
                else {{ insitu.profit_treated(costs, 'compared.score') }}
            end
        ) as {{ name }},
        {%- endfor %}
        case
            when compared.compared_policy = 'as_decided' then 1
            when compared.propensity >= 1 then case when compared.action = compared.other_action then 1 else 0 end
            -- of two actions, one that was not certain leaves the other
            when compared.prices is null then 1
            when position('"' || compared.other_action || '"' in compared.explore_actions) > 0 then 1
            else 0
        end as is_supported
    from compared
    {%- if needs.prices %}
    {%- for name, action in {'promised': 'compared.action', 'promised_other': 'compared.other_action'}.items() %}
    left join expected as {{ name }}
        on {{ insitu.join_on('compared', name, row) }}
        and {{ action }} = {{ name }}.action
    {%- endfor %}
    {%- endif %}
),

-- the self-normalised estimate, which its own terms need
normalised as (
    select
        policy,
        sum(is_supported * weight * brought) / nullif(sum(is_supported * weight), 0) as value,
        sum(is_supported * weight) / nullif(sum(is_supported), 0) as mean_weight,
        sum(is_supported) as n_rows,
        sum(1 - is_supported) as n_unsupported,
        sum(is_supported * weight) * sum(is_supported * weight) / nullif(sum(is_supported * weight * weight), 0) as effective_rows
    from weighed
    group by policy
),

-- every estimate is the mean of its terms, and its standard error theirs
terms as (
    select policy, 'mean' as estimator, brought as term, brought
    from weighed
    where policy = 'as_decided'
    union all
    select policy, 'ips' as estimator, weight * brought as term, brought
    from weighed
    where is_supported = 1 and policy <> 'as_decided'
    union all
    select
        weighed.policy,
        'snips' as estimator,
        normalised.value + weighed.weight * (weighed.brought - normalised.value) / normalised.mean_weight as term,
        weighed.brought
    from weighed
    inner join normalised on weighed.policy = normalised.policy
    where weighed.is_supported = 1 and weighed.policy <> 'as_decided' and normalised.mean_weight > 0
    union all
    select policy, 'dr' as estimator, promised_other + weight * (brought - promised) as term, brought
    from weighed
    where is_supported = 1 and policy <> 'as_decided'
),

estimated as (
    select
        policy,
        estimator,
        avg(term) as value,
        stddev_samp(term) / sqrt(count(*)) as standard_error,
        avg(term - brought) as gain,
        stddev_samp(term - brought) / sqrt(count(*)) as gain_error
    from terms
    group by policy, estimator
),

-- also of a policy of which no row says anything
asked as (
    select normalised.*, estimators.estimator
    from normalised
    inner join (
        select 'mean' as estimator union all select 'ips' union all select 'snips' union all select 'dr'
    ) as estimators
        on (estimators.estimator = 'mean') = (normalised.policy = 'as_decided')
),

final as (
    select
        asked.policy,
        asked.estimator,
        cast(estimated.value as double precision) as value,
        cast(estimated.standard_error as double precision) as standard_error,
        cast(estimated.value - {{ insitu.interval_z() }} * estimated.standard_error as double precision) as ci_low,
        cast(estimated.value + {{ insitu.interval_z() }} * estimated.standard_error as double precision) as ci_high,
        cast(estimated.gain as double precision) as gain,
        cast(estimated.gain_error as double precision) as gain_error,
        cast(asked.n_rows as bigint) as n_rows,
        cast(asked.n_unsupported as bigint) as n_unsupported,
        cast(asked.effective_rows as double precision) as effective_rows
    from asked
    left join estimated on asked.policy = estimated.policy and asked.estimator = estimated.estimator
)

select * from final
{%- endmacro %}


{#- The policies to compare, with every key; one that was in force before with the moment from which it decided, as SQL.
    Stops where no policy has such a version. -#}
{% macro policies_to_compare(use_case) %}
    {%- set found = [] -%}
    {%- for declared in insitu.use_case_config(use_case).policy.compare or [] -%}
        {%- set one = dict({'threshold': none, 'action': none, 'policy_version': none}, **declared) -%}
        {%- if execute and one.policy_version is not none -%}
            {%- set query -%}
                select policy_version, cast(min(decided_from) as {{ dbt.type_string() }})
                from ({{ insitu.tenures_of_policies(use_case) }}) as policies
                group by policy_version order by min(decided_from)
            {%- endset -%}
            {%- set versions = {} -%}
            {%- for version, since in run_query(query).rows -%}{%- do versions.update({version: since}) -%}{%- endfor -%}
            {%- if one.policy_version not in versions -%}
                {%- do exceptions.raise_compiler_error(
                    "`" ~ use_case ~ "__models`: meta.ml.policy.compare (" ~ one.name ~ ") names the policy_version `"
                    ~ one.policy_version ~ "`; `" ~ use_case ~ "__decisions` knows " ~ versions.keys() | join(', ') ~ "."
                ) -%}
            {%- endif -%}
            {%- do one.update({'decided_from': "timestamp '" ~ versions[one.policy_version] ~ "'"}) -%}
        {%- endif -%}
        {%- do found.append(one) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- (batch_id, key…, action, action_place, is_nothing, money): the money that rows of a CTE may expect of each action, by the policy
    that decided them or by the one that decides from a moment on. In a multiclass task `rows` has a row for each class. -#}
{% macro expected_by_action(use_case, rows, decided_from=none) -%}
{%- set row = ['batch_id'] + insitu.use_case_config(use_case).key -%}
select * from (
    with ranked as (
        select
            {%- for column in insitu.columns_of_predictions(use_case) %}
            {{ column }},
            {%- endfor %}
            {{ decided_from or 'decided_from' }} as decided_from
        from {{ rows }}
    ),

    beside_policy as (
        select * from {{ insitu.most_probable(use_case, 'ranked', row) | trim }} as ranked
    ),

    {{ insitu.expected_money(use_case) | indent(4) }}

    select * from expected
) as by_action
{%- endmacro %}
