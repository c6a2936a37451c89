{%- do insitu.overall_model('monitoring') -%}
{#- Building it makes the table and adds nothing: `insitu alerts --notify` does. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
    pre_hook='{{ insitu.lock_appends(this) }}',
    indexes=[{'columns': ['address', 'episode_id', 'change', 'changed_at', 'severity'], 'unique': true}]
) }}
{%- set text = dbt.type_string() -%}

with final as (
    select
        cast(null as {{ text }}) as message_id,
        cast(null as {{ text }}) as address,
        cast(null as {{ text }}) as use_case,
        cast(null as {{ text }}) as episode_id,
        cast(null as {{ text }}) as change,
        cast(null as timestamp) as changed_at,
        cast(null as {{ text }}) as severity,
        cast(null as {{ text }}) as title,
        cast(null as {{ text }}) as body,
        cast(null as {{ text }}) as state,
        cast(null as bigint) as attempts,
        cast(null as timestamp) as queued_at,
        cast(null as timestamp) as attempted_at,
        cast(null as timestamp) as sent_at
)

select * from final
where message_id is not null
