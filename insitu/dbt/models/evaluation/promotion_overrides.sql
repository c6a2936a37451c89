{#- No pins and no vetoes. A project that has any keeps a seed of this name, and switches this model off. -#}
{%- do insitu.overall_model('evaluation') -%}
{{ config(materialized='view') }}

with final as (
    select
        cast(null as {{ dbt.type_string() }}) as use_case,
        cast(null as {{ dbt.type_string() }}) as model_version,
        cast(null as {{ dbt.type_string() }}) as override,
        cast(null as {{ dbt.type_timestamp() }}) as effective_from,
        cast(null as {{ dbt.type_string() }}) as reason
    where 1 = 0
)

select * from final
