{%- do insitu.overall_model('monitoring') -%}
{#- What was said cannot be computed again: kept, also by --full-refresh. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false,
    pre_hook='{{ insitu.lock_appends(this) }}'
) }}
{%- set text = dbt.type_string() -%}
{#- what the alerts read: of a use case that lacks it, silence says nothing -#}
{%- for use_case in insitu.use_cases() -%}
{%- for part in ['features', 'predictions', 'decisions', 'outcomes', 'batches', 'parity'] -%}
{%- do insitu.use_case_ref(use_case, part) -%}
{%- endfor -%}
{%- endfor -%}
{#- a run for a past moment has nothing new to say -#}
{%- set said_now = [] -%}
{%- for use_case in insitu.use_cases_there() if insitu.as_of(use_case) >= insitu.newest_as_of(use_case) -%}
{%- do said_now.append(use_case) -%}
{%- endfor -%}

with findings as (
    select * from {{ ref('alerts') }}
),

moments as (
    select *
    from (
        {{ insitu.moments_of_use_cases() | indent(8) }}
    ) as moments
    where use_case in ('{{ said_now | join("', '") }}')
),

contents as (
    select use_case, {{ insitu.content_hash(['alert', 'subject', 'severity', 'message']) }} as content
    from findings
    group by use_case
),

previous as (
    {%- if is_incremental() %}
    select distinct use_case, saying, said_as_of, content
    from {{ this }} as history
    where saying = (select max(saying) from {{ this }} as newest where newest.use_case = history.use_case)
    {%- else %}
    select
        cast(null as {{ text }}) as use_case,
        cast(null as bigint) as saying,
        cast(null as timestamp) as said_as_of,
        cast(null as {{ text }}) as content
    where 1 = 0
    {%- endif %}
),

-- a moment that is run again adds nothing, unless something else is said now
sayings as (
    select
        moments.use_case,
        coalesce(previous.saying, 0) + 1 as saying,
        moments.now as said_as_of,
        coalesce(contents.content, 'nothing') as content
    from moments
    left join contents on moments.use_case = contents.use_case
    left join previous on moments.use_case = previous.use_case
    where previous.saying is null
        or previous.said_as_of <> moments.now
        or previous.content <> coalesce(contents.content, 'nothing')
),

{{ insitu.cause_ctes('findings') }},

causes as (
    {{ insitu.causes_of('findings') | indent(4) }}
),

final as (
    select
        sayings.use_case,
        sayings.saying,
        sayings.said_as_of,
        sayings.content,
        findings.alert,
        findings.subject,
        findings.as_of,
        findings.severity,
        findings.message,
        findings.value,
        findings.limit_value,
        causes.cause
    from sayings
    left join findings on sayings.use_case = findings.use_case
    left join causes
        on findings.use_case = causes.use_case
        and findings.alert = causes.alert
        and findings.subject = causes.subject
)

select * from final
