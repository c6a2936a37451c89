{#- An experiment that a guardrail rolled back, or a signal paused, and about which nobody has said anything since. -#}
{%- do insitu.overall_model('monitoring') -%}
{%- do insitu.for_experiments() -%}

with steps as (
    {% for use_case in insitu.use_cases_there(insitu.use_cases_with_experiments()) -%}
    select '{{ use_case }}' as use_case, experiment, decided_at, state, decision, reason, value, limit_value
    from {{ insitu.use_case_ref(use_case, 'rollout_steps') }}
    where decided_at <= {{ insitu.timestamp_literal(insitu.newest_as_of(use_case)) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked as (
    select *, row_number() over (partition by use_case, experiment order by decided_at desc) as recency
    from steps
),

findings as (
    select
        use_case,
        experiment as subject,
        decided_at as as_of,
        value,
        limit_value,
        case when decision = 'paused' then 'paused' else 'rolled back' end as what,
        reason
    from ranked
    -- a person who pauses leaves no figure
    where recency = 1 and value is not null and decision in ('rolled_back', 'paused')
)

select
    {{ insitu.alert_columns('alert_rollout') }},
    'was ' || what || ': ' || reason as message
from findings
