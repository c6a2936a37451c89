{%- do insitu.overall_model('predictions') -%}
{{- config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    pre_hook='{{ insitu.lock_appends(this) }}'
) -}}
{%- do insitu.say_past_run() -%}

with moments as (
    {{ insitu.moments_of_runs() | indent(4) }}
),

final as (
    select
        moments.use_case,
        moments.now as as_of,
        {{ insitu.timestamp_literal(run_started_at.astimezone(modules.pytz.utc)) }} as started_at,
        '{{ invocation_id }}' as run_id
    from moments
)

select * from final
