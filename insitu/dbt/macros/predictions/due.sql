{#- Body of `<use_case>__due`: the rows of the scoring set that are still to be scored, each with the model that was in charge
    at the row's own as-of time: a late row gets the score that it would have got on time, and never one of a model that
    may have been trained on its label. A row that fell due before any model was in charge has none. What a model said in
    shadow does not count as scored. An experiment may give a row the version of its variant instead, or one more that scores
    it in shadow (`is_shadow`). -#}
{% macro due(use_case) -%}
{%- do insitu.use_case_model(use_case, 'training', 'view') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set time = insitu.identifier(config.as_of) -%}
{%- set now = insitu.timestamp_literal(insitu.as_of(use_case)) -%}
{#- Predictions come after this view: it reads what is there when it is read, and on the first build there is no table. -#}
{%- set predictions = insitu.relation_there(use_case, 'predictions') -%}
{%- set batches = insitu.relation_there(use_case, 'batches') -%}
{%- set experiments = insitu.experiments_of_models(use_case) -%}
{%- do insitu.check_plans(use_case, insitu.experiments(use_case)) -%}
{%- set shadows = experiments | selectattr('shadow') | list | length > 0 -%}
with scoring_set as (
    select * from {{ insitu.use_case_ref(use_case, 'scoring_set') }}
),

tenures as (
    {{ insitu.tenures(use_case) | indent(4) }}
),

{% if experiments -%}
steps as (
    {{ insitu.steps_in_force(use_case) | indent(4) }}
),

taking_part as (
    {{ insitu.rows_assigned(use_case, experiments, 'scoring_set') | indent(4) }}
),

assigned as (
    {{ insitu.assigned(use_case, experiments, 'taking_part') | indent(4) }}
),

in_charge as (
    {{ insitu.due_by_variant(config, shadows) | indent(4) }}
),
{%- else -%}
in_charge as (
    select
        tenures.model_version,
        scoring_set.*
    from scoring_set
    left join tenures on {{ insitu.holds_at('scoring_set.' ~ time) }}
),
{%- endif %}

{% if predictions -%}
scored as (
    select {{ insitu.quoted(config.key + ['model_version']) | join(', ') }}
        {%- if shadows %}, {{ insitu.was_in_shadow(batches) }} as is_shadow{% endif %}
    from {{ predictions }}
    where {{ time }} > {{ now }} - {{ insitu.scoring_window(use_case) }}
        {%- if batches and not shadows %}
        and batch_id not in (select batch_id from {{ batches }} where is_shadow = 1)
        {%- endif %}
),

{% endif -%}
final as (
    select * from in_charge
    {%- if predictions %}
    where not exists (
        select 1
        from scored
        where {{ insitu.join_on('scored', 'in_charge', config.key + ['model_version'] + (['is_shadow'] if shadows else [])) }}
    )
    {%- endif %}
)

select * from final
{%- endmacro %}
