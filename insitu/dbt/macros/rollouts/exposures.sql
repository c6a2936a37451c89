{#- Body of `<use_case>__exposures`, append-only: who was exposed to which variant, from the decisions of record. A row is
    written once, and stays whatever is decided anew later. What is scored in shadow exposes nobody, nor does a row that
    another model scored than its variant's. -#}
{% macro exposures(use_case) -%}
{%- do insitu.use_case_model(use_case, 'actions', 'incremental') -%}
{%- set config = insitu.use_case_config(use_case) -%}
with decisions as (
    select distinct
        {%- for column in insitu.quoted(config.key) %}
        {{ column }},
        {%- endfor %}
        model_version,
        batch_id
    from {{ insitu.use_case_ref(use_case, 'decisions') }}
    where is_in_charge = 1
),

assignments as (
    select * from {{ insitu.use_case_ref(use_case, 'assignments') }}
    where is_shadow = 0
),

final as (
    select
        assignments.experiment,
        assignments.variant,
        assignments.unit_id,
        {%- for column in insitu.quoted(config.key, 'assignments.') %}
        {{ column }},
        {%- endfor %}
        assignments.is_control,
        assignments.share,
        assignments.propensity,
        decisions.model_version,
        assignments.{{ insitu.identifier(config.as_of) }} as exposed_at,
        decisions.batch_id
    from assignments
    inner join decisions on {{ insitu.join_on('decisions', 'assignments', config.key) }}
    where (assignments.assigned_version is null or assignments.assigned_version = decisions.model_version)
        {%- if is_incremental() %}
        and not exists (
            select 1
            from {{ this }} as written
            where written.experiment = assignments.experiment
                and {{ insitu.join_on('written', 'assignments', config.key) }}
        )
        {%- endif %}
)

select * from final
{%- endmacro %}
