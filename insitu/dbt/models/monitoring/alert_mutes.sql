{#- Nothing is muted. A project that mutes or acknowledges alerts keeps a seed of this name, and switches this model off. -#}
{%- do insitu.overall_model('monitoring') -%}
{{ config(materialized='view') }}

with final as (
    select
        cast(null as {{ dbt.type_string() }}) as use_case,
        cast(null as {{ dbt.type_string() }}) as alert,
        cast(null as {{ dbt.type_string() }}) as subject,
        cast(null as {{ dbt.type_timestamp() }}) as effective_from,
        cast(null as {{ dbt.type_timestamp() }}) as effective_until,
        cast(null as {{ dbt.type_string() }}) as kind,
        cast(null as {{ dbt.type_string() }}) as reason
    where 1 = 0
)

select * from final
