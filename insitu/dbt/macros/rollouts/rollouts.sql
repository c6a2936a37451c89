{#- The experiments of a use case as of the newest moment that was run: (use_case, experiment, state, decision, since, reason,
    step, variant, is_control, share). The share is that of the rows to come, among those that take part; none outside of the
    experiment's time. -#}
{% macro rollouts(use_case) -%}
{%- set now = insitu.timestamp_literal(insitu.newest_as_of(use_case)) -%}
{%- set steps = insitu.use_case_ref(use_case, 'rollout_steps') -%}
{%- set text = dbt.type_string() -%}
{% for experiment in insitu.experiments(use_case) -%}
{%- for variant in experiment.variants -%}
select
    '{{ use_case }}' as use_case,
    '{{ experiment.name }}' as experiment,
    coalesce(last_step.state, 'planned') as state,
    last_step.decision,
    last_step.decided_at as since,
    last_step.reason,
    last_step.step,
    '{{ variant.name }}' as variant,
    {{ 1 if loop.first else 0 }} as is_control,
    case
        when {{ now }} < {{ experiment['from'] }} {% if experiment.until %}or {{ now }} >= {{ experiment.until }} {% endif %}then null
        else coalesce(plan.share, 0)
    end as share
from (select 1 as one) as always
left join (
    select *, row_number() over (order by decided_at desc) as recency
    from {{ steps }}
    where experiment = '{{ experiment.name }}' and decided_at <= {{ now }}
) as last_step on last_step.recency = 1
left join (
    select step, max(share) as share
    from (
        {{ insitu.plan(experiment) | indent(8) }}
    ) as places
    where variant = '{{ variant.name }}'
    group by step
) as plan
    on plan.step = case when last_step.state in ('rolled_back', 'stopped') then -1 else coalesce(last_step.step, 0) end
union all
{% endfor -%}
{%- endfor -%}
select
    cast(null as {{ text }}) as use_case,
    cast(null as {{ text }}) as experiment,
    cast(null as {{ text }}) as state,
    cast(null as {{ text }}) as decision,
    cast(null as timestamp) as since,
    cast(null as {{ text }}) as reason,
    cast(null as integer) as step,
    cast(null as {{ text }}) as variant,
    cast(null as integer) as is_control,
    cast(null as double precision) as share
where 1 = 0
{%- endmacro %}
