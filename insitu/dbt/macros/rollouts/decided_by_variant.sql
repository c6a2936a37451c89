{#- CTEs of `decisions`: `assigned`, the variant that counts for each row predicted, and `versions`, the model of its variant. Of
    several experiments the one that changes what is done comes first. -#}
{% macro variants_of_rows(use_case, experiments) -%}
{%- set config = insitu.use_case_config(use_case) -%}
steps as (
    {{ insitu.steps_in_force(use_case) | indent(4) }}
),

taking_part as (
    {{ insitu.rows_assigned(use_case, experiments, 'predictions') | indent(4) }}
),

assigned_each as (
    {{ insitu.assigned(use_case, experiments, 'taking_part') | indent(4) }}
),

assigned as (
    select *
    from (
        select
            *,
            max(assigned_version) over ({{ insitu.partition_by(config.key) }}) as live_version,
            row_number() over (
                {{ insitu.partition_by(config.key) }}
                order by
                    case experiment
                        {%- for experiment in experiments %}
                        when '{{ experiment.name }}' then {{ loop.index0 + (0 if experiment.treats else 1000) }}
                        {%- endfor %}
                    end
            ) as place
        from assigned_each
        where is_shadow = 0
    ) as ordered
    where place = 1
),

versions as (
    select
        {%- for column, renamed in insitu.keys_of_versions(config).items() %}
        {{ insitu.identifier(column) }} as {{ insitu.identifier(renamed) }},
        {%- endfor %}
        live_version
    from assigned
)
{%- endmacro %}


{#- The columns of the key as `versions` calls them: their own names are those of predictions. -#}
{% macro keys_of_versions(config) %}
    {%- set found = {} -%}
    {%- for column in config.key -%}{%- do found.update({column: 'key_' ~ loop.index}) -%}{%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- CTEs of `decisions`: `by_variant`, what is done with each row where its variant has a word in it. The variant's action comes
    before the policy, its threshold in place of the policy's costs and capacity; what has no score is let alone. The
    probability of an action is over the variants that the row might have had. -#}
{% macro decided_by_variant(use_case, experiments) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set has_score = insitu.is_finite('chosen.score') ~ ' is true' -%}
varied as (
    select
        {%- for column in insitu.columns_of_predictions(use_case) %}
        chosen.{{ column }},
        {%- endfor %}
        chosen.is_in_charge,
        chosen.decided_from,
        chosen.policy_version,
        case when {{ has_score }} then coalesce(assigned.threshold, chosen.threshold) else chosen.threshold end as threshold,
        case
            when not {{ has_score }} then chosen.action
            when assigned.forced_action is not null then {{ insitu.named_action('assigned.forced_action') }}
            when chosen.score >= assigned.threshold then policies.treat
            when assigned.threshold is not null then policies.treat_not
            else chosen.action
        end as action,
        case
            when not {{ has_score }} then chosen.reason
            when assigned.forced_action is not null then 'variant'
            when chosen.score >= assigned.threshold then 'threshold_reached'
            when assigned.threshold is not null then 'threshold_missed'
            else chosen.reason
        end as reason,
        case
            when {{ has_score }} and (assigned.forced_action is not null or assigned.threshold is not null) then 0
            else chosen.is_explored
        end as is_explored,
        case
            when {{ has_score }} and assigned.forced_action is not null
                then case when {{ insitu.named_action('assigned.forced_action') }} = policies.treat_not then 0 else 1 end
            when {{ has_score }} and assigned.threshold is not null
                then case when chosen.score >= assigned.threshold then 1 else 0 end
            else chosen.is_treated
        end as is_treated,
        chosen.action as policy_action,
        chosen.propensity as policy_propensity,
        policies.treat,
        policies.treat_not,
        assigned.experiment,
        assigned.variant,
        assigned.step as variant_step
    from chosen
    left join policies on chosen.decided_from = policies.decided_from
    left join assigned on {{ insitu.join_on('chosen', 'assigned', config.key) }}
),

variants as (
    {% for experiment in experiments -%}
    select distinct
        '{{ experiment.name }}' as experiment,
        step,
        variant,
        share,
        threshold,
        forced_action
    from (
        {{ insitu.plan(experiment) | indent(8) }}
    ) as plan
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

by_variant as (
    select
        *,
        case
            when experiment is null or reason = 'no_score' then policy_propensity
            else (
                select
                    sum(variants.share * case
                        when variants.forced_action is not null
                            then case when varied.action = {{ insitu.named_action('variants.forced_action', 'varied') }} then 1 else 0 end
                        when variants.threshold is not null
                            then case
                                when varied.action = case when varied.score >= variants.threshold then varied.treat else varied.treat_not end then 1
                                else 0
                            end
                        when varied.action = varied.policy_action then varied.policy_propensity
                        else 1 - varied.policy_propensity
                    end)
                from variants
                where variants.experiment = varied.experiment and variants.step = varied.variant_step
            )
        end as propensity
    from varied
)
{%- endmacro %}


{#- The action that a variant names, in the words of the policy. -#}
{% macro named_action(action, policy='policies') -%}
case {{ action }} when 'treat' then {{ policy }}.treat when 'none' then {{ policy }}.treat_not else {{ action }} end
{%- endmacro %}
