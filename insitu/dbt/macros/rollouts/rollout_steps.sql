{#- Body of `<use_case>__rollout_steps`, append-only: what was decided about each experiment, when and why. A build adds at most
    one row to each: a person's word comes first (the seed `experiment_overrides`), then a guardrail that rolls back, a signal
    that pauses, and the schedule, which goes on when the step lasted as long as planned and enough units have matured. A build
    for a past moment adds nothing. It is the last node of a use case: assignments read it as the build before left it. -#}
{% macro rollout_steps(use_case) -%}
{%- do insitu.use_case_model(use_case, 'actions', 'incremental') -%}
{%- set results = insitu.use_case_ref(use_case, 'experiment_results') -%}
{%- set overrides = ref('experiment_overrides') -%}
{%- set experiments = insitu.experiments(use_case) -%}
{%- do insitu.check_plans(use_case, experiments) -%}
{%- do insitu.check_overrides(use_case, experiments, overrides) -%}
{%- set now = insitu.timestamp_literal(insitu.as_of(use_case)) -%}
{%- set is_past = execute and insitu.as_of(use_case) < insitu.newest_as_of(use_case) -%}
{%- set text = dbt.type_string() -%}
with tenures as (
    {{ insitu.tenures(use_case) | indent(4) }}
),

steps as (
    {{ insitu.steps_in_force(use_case) | indent(4) }}
),

experiments as (
    {{ insitu.experiments_as_rows(use_case, experiments) | indent(4) }}
),

ramps as (
    {{ insitu.ramps_as_rows(experiments) | indent(4) }}
),

metrics as (
    {{ insitu.metrics_as_rows(experiments) | indent(4) }}
),

written as (
    {%- if is_incremental() %}
    select
        *,
        row_number() over (partition by experiment order by decided_at desc) as recency,
        max(override_from) over (partition by experiment) as heard
    from {{ this }}
    {%- else %}
    select
        cast(null as {{ text }}) as experiment,
        cast(null as timestamp) as decided_at,
        cast(null as integer) as step,
        cast(null as {{ text }}) as state,
        cast(null as {{ text }}) as decision,
        cast(null as {{ text }}) as challenger,
        cast(null as integer) as recency,
        cast(null as timestamp) as heard
    where 1 = 0
    {%- endif %}
),

present as (
    select
        experiments.*,
        written.step,
        written.state,
        written.decision,
        written.heard,
        -- a first step lasts from the beginning on, whenever a build comes
        case when written.decision = 'started' then experiments.begins else written.decided_at end as step_since,
        coalesce(written.challenger, experiments.newest_challenger) as challenger
    from experiments
    left join written on experiments.experiment = written.experiment and written.recency = 1
    where experiments.begins <= {{ now }}
        and (written.decided_at is null or written.decided_at < {{ now }})
),

ordered as (
    select
        overrides.*,
        row_number() over (partition by overrides.experiment order by overrides.effective_from desc) as recency
    from {{ overrides }} as overrides
    inner join present on overrides.experiment = present.experiment
    where overrides.use_case = '{{ use_case }}'
        and overrides.effective_from <= {{ now }}
        and (present.heard is null or overrides.effective_from > present.heard)
),

looks as (
    select experiment, max(day) as day
    from {{ results }}
    where day <= cast({{ now }} as date)
    group by experiment
),

evidence as (
    select
        results.experiment,
        results.metric,
        results.variant,
        results.effect,
        results.verdict,
        metrics.role,
        metrics.margin,
        least(results.n_units, results.n_units_control) as n_units,
        '`' || results.metric || '` of `' || results.variant || '` is ' || results.verdict || ': ' || {{ insitu.number_text('results.effect') }}
        || ' against the control, by ' || {{ insitu.count_text('results.n_units') }} || ' and '
        || {{ insitu.count_text('results.n_units_control') }} || ' units up to ' || cast(results.day as {{ text }}) as said
    from {{ results }} as results
    inner join looks on results.experiment = looks.experiment and results.day = looks.day
    inner join metrics on results.experiment = metrics.experiment and results.metric = metrics.metric
    where coalesce(results.slice_value, '') = ''
),

-- what is worst comes first
alarms as (
    select
        *,
        row_number() over (partition by experiment, role order by abs(effect) - margin desc, metric, variant) as place
    from evidence
    where verdict = 'harmful'
),

-- the units of whoever has a share in the present step
units as (
    select
        present.experiment,
        min(coalesce(evidence.n_units, 0)) as n_units,
        max(case when evidence.verdict = 'harmful' then 1 else 0 end) as is_harmful,
        min(case when evidence.verdict = 'better' then 1 else 0 end) as is_better,
        min(evidence.metric) as metric,
        avg(evidence.effect) as effect,
        min(evidence.said) as said
    from present
    inner join ramps on present.experiment = ramps.experiment and present.step = ramps.step
    left join evidence
        on ramps.experiment = evidence.experiment and ramps.variant = evidence.variant and evidence.role = 'primary'
    group by present.experiment
),

lengths as (
    select experiment, step, min(ends_after) as ends_after
    from ramps
    group by experiment, step
),

judged as (
    select
        present.*,
        ordered.override,
        ordered.step as override_step,
        ordered.effective_from as override_from,
        ordered.reason as override_reason,
        harm.metric as harm_metric,
        harm.effect as harm_effect,
        harm.margin as harm_margin,
        harm.said as harm_said,
        worry.metric as worry_metric,
        worry.effect as worry_effect,
        worry.margin as worry_margin,
        worry.said as worry_said,
        units.n_units,
        units.metric as primary_metric,
        units.effect as primary_effect,
        units.said as primary_said,
        units.is_harmful,
        units.is_better,
        coalesce(units.n_units, 0) >= present.min_units or present.is_shadow = 1 as has_evidence,
        lengths.ends_after is not null and {{ now }} >= present.step_since + lengths.ends_after as is_over,
        present.settled_at is not null and {{ now }} >= present.settled_at as has_ended
    from present
    left join ordered on present.experiment = ordered.experiment and ordered.recency = 1
    left join alarms as harm on present.experiment = harm.experiment and harm.role = 'guardrail' and harm.place = 1
    left join alarms as worry on present.experiment = worry.experiment and worry.role = 'signal' and worry.place = 1
    left join units on present.experiment = units.experiment
    left join lengths on present.experiment = lengths.experiment and present.step = lengths.step
),

decided as (
    select
        *,
        case
            when state is null and is_challenged = 1 and challenger is null then null
            when state is null and has_ended then null
            when state is null then 'started'
            when override = 'pin' then 'pinned'
            when override = 'pause' then 'paused'
            when override = 'resume' then 'resumed'
            when override = 'stop' then 'stopped'
            when state in ('rolled_back', 'completed', 'stopped') or decision = 'pinned' then null
            when harm_metric is not null then 'rolled_back'
            when has_ended and step = last_step and has_evidence and is_harmful = 0 and is_shadow = 0 then 'completed'
            when has_ended then 'stopped'
            when state = 'paused' then null
            when worry_metric is not null and decision <> 'resumed' then 'paused'
            when step < last_step and is_over and has_evidence then 'advanced'
            when step = last_step and settled_at is null and has_evidence and is_better = 1 and is_shadow = 0 then 'completed'
        end as next_decision
    from judged
),

final as (
    select
        experiment,
        {{ now }} as decided_at,
        cast(case
            when next_decision = 'started' then 0
            when next_decision = 'advanced' then step + 1
            when next_decision = 'pinned' then coalesce(override_step, step)
            when next_decision = 'resumed' and state = 'rolled_back' then 0
            else step
        end as integer) as step,
        case
            when next_decision in ('started', 'advanced', 'resumed') then 'running'
            when next_decision in ('pinned', 'paused') then 'paused'
            else next_decision
        end as state,
        next_decision as decision,
        case
            when next_decision = 'started' then 'it began with its first step'
            when override is not null then 'by `experiment_overrides`: ' || coalesce(override_reason, override)
            when next_decision = 'rolled_back' then 'the guardrail ' || harm_said
            when next_decision = 'paused' then 'the signal ' || worry_said
            when next_decision = 'advanced'
                then 'the step lasted as planned, and ' || {{ insitu.count_text('n_units') }} || ' units of each variant have matured'
            when next_decision = 'completed' then coalesce(primary_said, 'it lasted as planned')
            when step < last_step then 'it ended before its last step'
            when is_shadow = 1 then 'it ended'
            when is_harmful = 1 then 'it ended, and ' || primary_said
            else 'it ended, and fewer than ' || {{ insitu.count_text('min_units') }} || ' units of a variant have matured'
        end as reason,
        case
            when override is not null and state is not null then null
            when next_decision = 'rolled_back' then harm_metric
            when next_decision = 'paused' then worry_metric
            when next_decision = 'completed' then primary_metric
            when next_decision in ('advanced', 'stopped') then 'units'
        end as metric,
        cast(case
            when override is not null and state is not null then null
            when next_decision = 'rolled_back' then harm_effect
            when next_decision = 'paused' then worry_effect
            when next_decision = 'completed' then primary_effect
            when next_decision in ('advanced', 'stopped') then n_units
        end as double precision) as value,
        cast(case
            when override is not null and state is not null then null
            when next_decision = 'rolled_back' then harm_margin
            when next_decision = 'paused' then worry_margin
            when next_decision in ('advanced', 'stopped') then min_units
        end as double precision) as limit_value,
        plan_id,
        challenger,
        case when state is not null then override_from end as override_from,
        current_timestamp at time zone 'UTC' as written_at
    from decided
    where next_decision is not null
        {%- if is_past %}
        -- this run is for a past moment
        and 1 = 0
        {%- endif %}
)

select * from final
{%- endmacro %}


{#- The experiments as rows of SQL, with what the schedule asks of them. Reads the CTEs `steps` and `tenures`. -#}
{% macro experiments_as_rows(use_case, experiments) -%}
{%- set text = dbt.type_string() -%}
{% for experiment in experiments -%}
{%- set named = experiment.variants | rejectattr('model', 'none') | rejectattr('model', 'equalto', 'champion') | map(attribute='model') | list -%}
select
    cast('{{ experiment.name }}' as {{ text }}) as experiment,
    {{ experiment['from'] }} as begins,
    {%- if experiment.until and experiment.window %}
    {{ experiment.until }} + {{ insitu.duration_interval(use_case, 'experiments.window', experiment.window) }} as settled_at,
    {%- else %}
    cast({{ experiment.until or 'null' }} as timestamp) as settled_at,
    {%- endif %}
    {{ experiment.min_units }} as min_units,
    {{ experiment.ramp | length - 1 }} as last_step,
    {{ 1 if experiment.shadow else 0 }} as is_shadow,
    {{ 1 if experiment.challenged else 0 }} as is_challenged,
    '{{ insitu.plan_id(experiment) }}' as plan_id,
    {%- if experiment.challenged %}
    {{ insitu.challenger(use_case, experiment) | indent(4) }} as newest_challenger
    {%- else %}
    cast({{ insitu.text_literal(named[0]) if named else 'null' }} as {{ text }}) as newest_challenger
    {%- endif %}
union all
{% endfor -%}
select
    cast(null as {{ text }}) as experiment,
    cast(null as timestamp) as begins,
    cast(null as timestamp) as settled_at,
    cast(null as integer) as min_units,
    cast(null as integer) as last_step,
    cast(null as integer) as is_shadow,
    cast(null as integer) as is_challenged,
    cast(null as {{ text }}) as plan_id,
    cast(null as {{ text }}) as newest_challenger
where 1 = 0
{%- endmacro %}


{#- The steps of experiments as rows of SQL, one for each variant that has a share: (experiment, step, variant, ends_after). -#}
{% macro ramps_as_rows(experiments) -%}
{%- set text = dbt.type_string() -%}
{% for experiment in experiments -%}
{%- for step in experiment.ramp -%}
{%- set number = loop.index0 -%}
{%- set length = insitu.seconds_of_step(loop.nextitem) - insitu.seconds_of_step(step) if loop.nextitem -%}
{%- for variant, share in step.shares.items() if share > 0 -%}
select
    cast('{{ experiment.name }}' as {{ text }}) as experiment,
    {{ number }} as step,
    cast('{{ variant }}' as {{ text }}) as variant,
    {{ "interval '" ~ insitu.duration_text(length) ~ "'" if length else 'cast(null as interval)' }} as ends_after
union all
{% endfor -%}
{%- endfor -%}
{%- endfor -%}
select
    cast(null as {{ text }}) as experiment,
    cast(null as integer) as step,
    cast(null as {{ text }}) as variant,
    cast(null as interval) as ends_after
where 1 = 0
{%- endmacro %}


{#- When a step begins, in seconds after the experiment does. -#}
{% macro seconds_of_step(step) %}
    {%- set after = step.after | string | trim -%}
    {{- return(0 if modules.re.match('0( |$)', after) else insitu.read_duration(after, fixed=true).seconds) -}}
{% endmacro %}


{#- The metrics of experiments as rows of SQL: (experiment, metric, role, margin). -#}
{% macro metrics_as_rows(experiments) -%}
{%- set text = dbt.type_string() -%}
{% for experiment in experiments -%}
{%- for metric in experiment.metrics -%}
select
    cast('{{ experiment.name }}' as {{ text }}) as experiment,
    cast('{{ metric.name }}' as {{ text }}) as metric,
    '{{ metric.get('role', 'secondary') }}' as role,
    cast({{ metric.get('margin', 0) }} as double precision) as margin
union all
{% endfor -%}
{%- endfor -%}
select
    cast(null as {{ text }}) as experiment,
    cast(null as {{ text }}) as metric,
    cast(null as {{ text }}) as role,
    cast(null as double precision) as margin
where 1 = 0
{%- endmacro %}


{#- Stop where the seed of overrides names what is not there. -#}
{% macro check_overrides(use_case, experiments, overrides) %}
    {%- if not (experiments and flags.WHICH in ['run', 'build'] and load_relation(overrides)) -%}{{ return('') }}{%- endif -%}
    {%- set steps = {} -%}
    {%- for experiment in experiments -%}{%- do steps.update({experiment.name: experiment.ramp | length}) -%}{%- endfor -%}
    {%- set known = ['pin', 'pause', 'resume', 'stop'] -%}
    {%- set found = run_query('select experiment, override, step from ' ~ overrides ~ " where use_case = '" ~ use_case ~ "'").rows -%}
    {%- for experiment, override, step in found -%}
        {%- set what = namespace(wrong=none) -%}
        {%- if experiment not in steps -%}
            {%- set what.wrong = 'names the experiment `' ~ experiment ~ '`; there are: ' ~ steps.keys() | join(', ') -%}
        {%- elif override not in known -%}
            {%- set what.wrong = 'has the override `' ~ override ~ '` of `' ~ experiment ~ '`; expected ' ~ known | join(', ') -%}
        {%- elif step is not none and not 0 <= step < steps[experiment] -%}
            {%- set what.wrong = 'pins `' ~ experiment ~ '` to step ' ~ step ~ '; its steps are 0 to ' ~ (steps[experiment] - 1) -%}
        {%- endif -%}
        {%- if what.wrong -%}
            {%- do exceptions.raise_compiler_error('The seed `experiment_overrides` ' ~ what.wrong ~ '. Correct it in ' ~ use_case ~ "'s rows.") -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
