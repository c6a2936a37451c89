{#- The body of `<use_case>__decisions`: the action that the policy of the batch's time asks for (`policies`), and the money it
    is expected to bring. A prediction without a finite score is not acted upon; none is where nothing says when
    (`decides`). Where a row was scored more than once, by several versions or because its features were corrected,
    `is_in_charge` says which prediction is the one of record: that of the model in charge at the row's own as-of time, the
    first of them; never one that was made in shadow. -#}
{% macro decisions(use_case) %}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set predictions = insitu.use_case_ref(use_case, 'predictions') %}
{%- set batches = insitu.use_case_ref(use_case, 'batches') %}
{%- set config = insitu.use_case_config(use_case) %}
{%- set costs = insitu.policy_costs('policies') %}
with predictions as (
    select * from {{ predictions }}
),

shadows as (
    select batch_id as shadow_id from {{ batches }}
    where is_shadow = 1
),

tenures as (
    {{ insitu.tenures(use_case) | indent(4) }}
),

ranked as (
    select
        predictions.*,
        case
            when shadows.shadow_id is null and predictions.batch_id = first_value(predictions.batch_id) over (
                {{ insitu.partition_by(config.key) }}
                order by
                    case when shadows.shadow_id is null then 0 else 1 end,
                    case when predictions.model_version = tenures.model_version then 0 else 1 end,
                    predictions.batch_as_of,
                    predictions.predicted_at,
                    predictions.batch_id
            ) then 1
            else 0
        end as is_in_charge
    from predictions
    left join shadows on predictions.batch_id = shadows.shadow_id
    left join tenures on {{ insitu.holds_at('predictions.' ~ insitu.identifier(config.as_of)) }}
),

policies as (
    {{ insitu.tenures_of_policies(use_case) | indent(4) }}
),

final as (
    select
        ranked.*,
        policies.decided_from,
        policies.threshold,
        case when {{ insitu.is_finite('score') }} and score >= policies.threshold then 1 else 0 end as is_treated,
        case
            when {{ insitu.is_finite('score') }} and score >= policies.threshold then policies.treat
            else policies.treat_not
        end as action,
        -- the score is the probability of the label: the expected money is the label's money with the score in its place
        case
            when not {{ insitu.is_finite('score') }} then null
            when score >= policies.threshold then {{ insitu.profit_treated(costs, 'score') }}
            else {{ insitu.profit_untreated(costs, 'score') }}
        end as expected_profit
    from ranked
    left join policies
        on (policies.is_first or ranked.batch_as_of >= policies.decided_from)
        and (policies.decided_until is null or ranked.batch_as_of < policies.decided_until)
)

select * from final
{% endmacro %}


{#- Whether somebody said what is to be acted upon: by costs, a threshold, or names for the two actions. Without, no
    prediction asks for anything. -#}
{% macro decides(config) %}
    {%- set unsaid = insitu.with_defaults({}).actions -%}
    {{- return(config.costs or config.evaluation.threshold is not none or config.actions != unsaid) -}}
{% endmacro %}
