{#- The body of `<use_case>__decisions`: the action that the policy of the batch's time asks for (`policies`), and the money it
    is expected to bring. A prediction without a finite score is not acted upon; none is where nothing says when
    (`decides`). Where a row was scored more than once, by several versions or because its features were corrected,
    `is_in_charge` says which prediction is the one of record: that of the model in charge at the row's own as-of time, the
    first of them; never one that was made in shadow. Beside the action stand why (`reason`), by which policy, how probable
    this action was for this row (`propensity`: 1 where nothing is drawn), and whether it was drawn. An experiment may give a row
    another model (`variants_of_rows`), or another threshold or action (`decided_by_variant`). -#}
{% macro decisions(use_case) %}
{%- do insitu.use_case_model(use_case, 'actions') -%}
{%- set predictions = insitu.use_case_ref(use_case, 'predictions') %}
{%- set batches = insitu.use_case_ref(use_case, 'batches') %}
{#- Columns that policies read are joined from here; dbt has to know while it parses. -#}
{%- set scored_features = insitu.use_case_ref(use_case, 'scored_features') %}
{%- set config = insitu.use_case_config(use_case) %}
{%- set costs = insitu.policy_costs('policies') %}
{%- set row = ['batch_id'] + config.key %}
{%- set has_classes = config.task == 'multiclass' %}
{%- set needs = insitu.policy_needs(use_case) if execute else {} %}
{%- set experiments = insitu.experiments(use_case) %}
{%- do insitu.check_plans(use_case, experiments) %}
{%- set in_charge = 'coalesce(versions.live_version, tenures.model_version)' if experiments else 'tenures.model_version' %}
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
{%- if experiments %}

{{ insitu.variants_of_rows(use_case, experiments) }},
{%- endif %}

ranked as (
    select
        predictions.*,
        case
            when shadows.shadow_id is null and predictions.batch_id = first_value(predictions.batch_id) over (
                {{ insitu.partition_by(config.key) }}
                order by
                    case when shadows.shadow_id is null then 0 else 1 end,
                    case when predictions.model_version = {{ in_charge }} then 0 else 1 end,
                    predictions.batch_as_of,
                    predictions.predicted_at,
                    predictions.batch_id
            ) then 1
            else 0
        end as is_in_charge
        {%- if has_classes %},
        row_number() over ({{ insitu.partition_by(row) }} order by score desc, class collate "C") as class_place
        {%- endif %}
    from predictions
    left join shadows on predictions.batch_id = shadows.shadow_id
    left join tenures on {{ insitu.holds_at('predictions.' ~ insitu.identifier(config.as_of)) }}
    {%- if experiments %}
    left join versions on {{ insitu.join_on('predictions', 'versions', insitu.keys_of_versions(config)) }}
    {%- endif %}
),

policies as (
    {{ insitu.tenures_of_policies(use_case) | indent(4) }}
),

-- each row predicted beside the policy of its batch's time
beside_policy as (
    select
        ranked.*,
        policies.decided_from,
        policies.policy_version,
        policies.threshold
    from ranked
    left join policies
        on (policies.is_first or ranked.batch_as_of >= policies.decided_from)
        and (policies.decided_until is null or ranked.batch_as_of < policies.decided_until)
    {%- if has_classes %}
    where ranked.class_place = 1
    {%- endif %}
),

{{ insitu.wanted_actions(use_case) }},
{%- if needs.explore %}

{{ insitu.drawn_actions(use_case) }},
{%- endif %}
{%- if needs.capacity %}

{{ insitu.within_capacity(use_case, 'drawn' if needs.explore else 'wanted') }},
{%- endif %}

{{ insitu.settled_actions(use_case) }},
{%- if experiments %}

{{ insitu.decided_by_variant(use_case, experiments) }},
{%- endif %}

final as (
    select
        {%- for column in insitu.columns_of_predictions(use_case) %}
        {{ 'ranked' if has_classes else 'chosen' }}.{{ column }},
        {%- endfor %}
        chosen.is_in_charge,
        chosen.decided_from,
        chosen.threshold,
        chosen.is_treated,
        chosen.action,
        -- of a threshold, the score is the probability of the label: the expected money is the label's money with the score
        -- in its place
        case
            when not {{ insitu.is_finite('chosen.score') }} then null
            {%- if has_classes %}
            when ranked.class_place <> 1 then null
            {%- endif %}
            {%- if needs.prices %}
            when policies.prices is not null then expected.money
            {%- endif %}
            when chosen.is_treated = 1 then {{ insitu.profit_treated(costs, 'chosen.score') }}
            else {{ insitu.profit_untreated(costs, 'chosen.score') }}
        end as expected_profit,
        chosen.reason,
        chosen.policy_version,
        chosen.propensity,
        chosen.is_explored
        {%- if experiments %},
        chosen.experiment,
        chosen.variant
        {%- endif %}
    from {{ 'by_variant as chosen' if experiments else 'chosen' }}
    left join policies on chosen.decided_from = policies.decided_from
    {%- if needs.prices %}
    left join expected on {{ insitu.join_on('chosen', 'expected', row) }} and chosen.action = expected.action
    {%- endif %}
    {%- if has_classes %}
    inner join ranked on {{ insitu.join_on('chosen', 'ranked', row) }}
    {%- endif %}
)

select * from final
{% endmacro %}


{#- Whether somebody said what is to be acted upon: by costs, a threshold, or names for the two actions. Without, no
    prediction asks for anything. -#}
{% macro decides(config) %}
    {%- set unsaid = insitu.with_defaults({}).actions -%}
    {{- return(config.costs or config.evaluation.threshold is not none or config.actions != unsaid) -}}
{% endmacro %}


{#- The columns of predictions, quoted, as the table has them; before there is one, those that every such table has. -#}
{% macro columns_of_predictions(use_case) %}
    {%- if not execute -%}{{ return([]) }}{%- endif -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set predictions = insitu.use_case_ref(use_case, 'predictions') -%}
    {%- set there = adapter.get_columns_in_relation(predictions) | map(attribute='name') | list -%}
    {%- set usual = ['batch_id', 'batch_as_of', 'model_version'] + config.key + (['class'] if config.task == 'multiclass' else [])
        + ['score', 'predicted_at'] -%}
    {{- return(insitu.quoted(there or usual)) -}}
{% endmacro %}
