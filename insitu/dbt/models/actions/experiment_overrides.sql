{#- Nobody pins, pauses, resumes or stops an experiment. A project in which somebody does keeps a seed of this name, and
    switches this model off. -#}
{%- do insitu.overall_model('actions') -%}
{{ config(materialized='view') }}
{%- do insitu.for_experiments() -%}

with final as (
    select
        cast(null as {{ dbt.type_string() }}) as use_case,
        cast(null as {{ dbt.type_string() }}) as experiment,
        cast(null as {{ dbt.type_string() }}) as override,
        cast(null as integer) as step,
        cast(null as {{ dbt.type_timestamp() }}) as effective_from,
        cast(null as {{ dbt.type_string() }}) as reason
    where 1 = 0
)

select * from final
