{#- CTEs of `decisions`: `chosen`, the action of each row with its reason, and how probable it was: what is drawn, where the
    capacity has room for it; else what the policy asks for. -#}
{% macro settled_actions(use_case) -%}
{%- set needs = insitu.policy_needs(use_case) -%}
{%- if not (needs.explore or needs.capacity) -%}
chosen as (
    select
        *,
        wanted_treated as is_treated,
        wanted_action as action,
        cast(1 as double precision) as propensity,
        0 as is_explored
    from wanted
)
{%- else -%}
{%- set is_drawn = "drawn_action is not null" if needs.explore else "false" -%}
{%- set is_full = "drawn_fits = 0" if needs.capacity else "false" -%}
{%- set is_late = "wanted_treated = 1 and wanted_fits = 0" if needs.capacity else "false" -%}
settled as (
    select
        *,
        case when {{ is_late }} then nothing else wanted_action end as undrawn_action,
        case when {{ is_drawn }} and not {{ is_full }} then 1 else 0 end as is_explored,
        case
            {%- if needs.explore %}
            when {{ is_drawn }} and not {{ is_full }} then drawn_action
            when {{ is_drawn }} then nothing
            {%- endif %}
            when {{ is_late }} then nothing
            else wanted_action
        end as action,
        case
            {%- if needs.explore %}
            when {{ is_drawn }} and not {{ is_full }} then drawn_treated
            when {{ is_drawn }} then 0
            {%- endif %}
            when {{ is_late }} then 0
            else wanted_treated
        end as is_treated,
        case
            {%- if needs.capacity %}
            when capacity is not null and is_decided = 1 and is_in_charge = 0 then 'not_of_record'
            {%- endif %}
            {%- if needs.explore %}
            when {{ is_drawn }} and not {{ is_full }} then 'explored'
            when {{ is_drawn }} and (drawn_treated = 1 or wanted_treated = 1) then 'capacity_used_up'
            {%- endif %}
            when {{ is_late }} then 'capacity_used_up'
            else reason
        end as settled_reason
    from {{ 'admitted' if needs.capacity else 'drawn' }}
),

chosen as (
    select
        {%- for column in insitu.columns_of_predictions(use_case) %}
        settled.{{ column }},
        {%- endfor %}
        settled.is_in_charge,
        settled.decided_from,
        settled.policy_version,
        settled.threshold,
        settled.is_treated,
        settled.action,
        settled.settled_reason as reason,
        settled.is_explored,
        {%- if needs.explore %}
        cast(case
            when settled.is_decided = 0 or policies.explore_share is null or {{ is_full }} then 1
            else
                policies.explore_share * coalesce(1.0 / explorable.n, 0)
                + (1 - policies.explore_share) * case when settled.action = settled.undrawn_action then 1 else 0 end
        end as double precision) as propensity
        {%- else %}
        cast(1 as double precision) as propensity
        {%- endif %}
    from settled
    {%- if needs.explore %}
    left join policies on settled.decided_from = policies.decided_from
    left join explorable on settled.decided_from = explorable.decided_from and settled.action = explorable.action
    {%- endif %}
)
{%- endif -%}
{%- endmacro %}
