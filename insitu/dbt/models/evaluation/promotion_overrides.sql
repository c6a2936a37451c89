{#- No pins and no vetoes. A project that has any keeps a seed of this name, and switches this model off. -#}
{{ config(materialized='view', enabled=model.config.enabled and insitu.use_cases() | length > 0) }}

select
    cast(null as {{ dbt.type_string() }}) as use_case,
    cast(null as {{ dbt.type_string() }}) as model_version,
    cast(null as {{ dbt.type_string() }}) as override,
    cast(null as {{ dbt.type_timestamp() }}) as effective_from,
    cast(null as {{ dbt.type_string() }}) as reason
where 1 = 0
