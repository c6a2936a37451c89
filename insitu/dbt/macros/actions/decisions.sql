{#- The body of `<use_case>__decisions`: the action that the cost matrix asks for, and the money it is expected to bring.
    A prediction without a finite score is not acted upon; none is where nothing says when (`decides`). Where a row was
    scored more than once, by several versions or because its features were corrected, `is_in_charge` says which prediction
    is the one of record: that of the model in charge at the row's own as-of time, the first of them. -#}
{% macro decisions(use_case) %}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set predictions = insitu.use_case_ref(use_case, 'predictions') %}
{%- set config = insitu.use_case_config(use_case) %}
{%- set options = insitu.metric_options(config) %}
{%- set actions = config.actions %}
{%- set decidable = options.task == 'binary' and insitu.decides(config) %}
with predictions as (
    select * from {{ predictions }}
),

tenures as (
    {{ insitu.tenures(use_case) | indent(4) }}
),

ranked as (
    select
        predictions.*,
        case
            when predictions.batch_id = first_value(predictions.batch_id) over (
                {{ insitu.partition_by(config.key) }}
                order by
                    case when predictions.model_version = tenures.model_version then 0 else 1 end,
                    predictions.batch_as_of,
                    predictions.predicted_at,
                    predictions.batch_id
            ) then 1
            else 0
        end as is_in_charge
    from predictions
    left join tenures
        on predictions.{{ insitu.identifier(config.as_of) }} >= tenures.holds_from
        and (tenures.holds_until is null or predictions.{{ insitu.identifier(config.as_of) }} < tenures.holds_until)
),

thresholds as (
    select
        ranked.*,
        {% if decidable -%}
        cast({{ options.threshold }} as double precision) as threshold,
        case when {{ insitu.is_finite('score') }} and score >= {{ options.threshold }} then 1 else 0 end as is_treated
        {%- else -%}
        cast(null as double precision) as threshold,
        0 as is_treated
        {%- endif %}
    from ranked
),

final as (
    select
        thresholds.*,
        case when is_treated = 1 then {{ insitu.text_literal(actions.treat) }} else {{ insitu.text_literal(actions.none) }} end as action,
        {% if decidable and options.costs -%}
        {# the score is the probability of the label: the expected money is the label's money with the score in its place -#}
        case when {{ insitu.is_finite('score') }} then
            case when is_treated = 1 then {{ insitu.profit_treated(options.costs, 'score') }}
            else {{ insitu.profit_untreated(options.costs, 'score') }} end
        end as expected_profit
        {%- else -%}
        cast(null as double precision) as expected_profit
        {%- endif %}
    from thresholds
)

select * from final
{% endmacro %}


{#- Whether somebody said what is to be acted upon: by costs, a threshold, or names for the two actions. Without, no
    prediction asks for anything. -#}
{% macro decides(config) %}
    {%- set unsaid = insitu.with_defaults({}).actions -%}
    {{- return(config.costs or config.evaluation.threshold is not none or config.actions != unsaid) -}}
{% endmacro %}
