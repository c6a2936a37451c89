{#- Body of `<use_case>__promotions`: who becomes champion, and why. Validation chooses one challenger among all candidates
    that were trained on the same rows, whenever they were added; the gapped test sets it against the champion. It must be
    better by more than noise (the mean of the daily differences against their standard error; the more versions the same
    test has judged before, the more it takes), calibrated, and sound in every slice; its features must be proved point in
    time, and those scored lately the same when computed again. A rejected version is judged again when what spoke against
    it has changed, as a new row; a promoted one is not. Decisions are for a moment of training, so a run for a past day
    can't move the champion of today. With `promotion: {by: experiment}` all this chooses the first champion only; after that a
    version is promoted by its completed roll-out (`promoted_by_experiment`). -#}
{% macro promotions(use_case) -%}
{%- do insitu.use_case_model(use_case, 'evaluation', 'incremental') -%}
{%- set config = dict(insitu.use_case_config(use_case), use_case=use_case) -%}
{%- set metric = insitu.selection_metric(config) -%}
{%- set sign = 1 if insitu.higher_is_better(metric) else -1 -%}
{%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
{%- set now = insitu.timestamp_literal(insitu.as_of(use_case)) -%}
{%- set by_experiment = config.promotion.by == 'experiment' -%}
{%- set steps = insitu.relation_there(use_case, 'rollout_steps') if by_experiment -%}
{%- set kept = adapter.get_columns_in_relation(this) | map(attribute='name') | list if is_incremental() else [] -%}
with training_set as (
    select distinct snapshot_id from {{ insitu.use_case_ref(use_case, 'training_set') }}
),

models as (
    select
        model_version,
        candidate,
        snapshot_id,
        point_in_time,
        point_in_time_message
    from {{ insitu.use_case_ref(use_case, 'models') }}
    where status = 'trained'
),

metrics as (
    select * from {{ insitu.use_case_ref(use_case, 'metrics') }}
    where snapshot_id in (select snapshot_id from training_set)
),

heldout as (
    select * from {{ insitu.use_case_ref(use_case, 'heldout_predictions') }}
    where split = 'test' and snapshot_id in (select snapshot_id from training_set)
),

vetoed as (
    select model_version, max(reason) as veto
    from {{ ref('promotion_overrides') }}
    where use_case = '{{ use_case }}' and override = 'veto' and effective_from <= {{ insitu.timestamp_literal(insitu.as_of(use_case)) }}
    group by model_version
),

parity as (
    {{ insitu.parity_evidence(use_case) | indent(4) }}
),

-- what was decided so far; of each version the last decision counts
judgements as (
    {%- if is_incremental() %}
    select
        training_as_of,
        model_version,
        decision,
        reason,
        {{ 'is_tested' if 'is_tested' in kept else 'false' }} as is_tested,
        decided_at,
        row_number() over (partition by model_version order by training_as_of desc, decided_at desc) as recency,
        min(decided_at) over (partition by model_version) as first_decided_at
    from {{ this }}
    where training_as_of <= {{ now if by_experiment else moment }}
    {%- else %}
    select
        cast(null as timestamp) as training_as_of,
        cast(null as {{ dbt.type_string() }}) as model_version,
        cast(null as {{ dbt.type_string() }}) as decision,
        cast(null as {{ dbt.type_string() }}) as reason,
        false as is_tested,
        cast(null as timestamp) as decided_at,
        cast(null as bigint) as recency,
        cast(null as timestamp) as first_decided_at
    from training_set
    where 1 = 0
    {%- endif %}
),

predecessor as (
    select model_version
    from judgements
    where decision = 'promoted' and model_version not in (select model_version from vetoed)
    order by training_as_of desc, decided_at desc
    limit 1
),

-- one that cannot be judged by the present test (a feature is gone, or it was fitted to rows of it) has no rows of it
champion as (
    select model_version
    from predecessor
    where model_version in (select model_version from heldout)
),

contenders as (
    select
        models.model_version,
        models.point_in_time,
        models.point_in_time_message,
        vetoed.model_version is not null as is_vetoed,
        vetoed.veto,
        metrics.value as validation_value,
        judgements.decision as last_decision,
        judgements.reason as last_reason,
        judgements.first_decided_at,
        -- as good as one that was there before is not better
        row_number() over contest as validation_rank,
        first_value(models.model_version) over contest as best_on_validation,
        first_value(metrics.value) over contest as best_value
    from models
    inner join metrics
        on models.model_version = metrics.model_version
        and metrics.split = 'validation' and metrics.slice_column = 'all' and metrics.metric = '{{ metric }}'
    left join vetoed on models.model_version = vetoed.model_version
    left join judgements on models.model_version = judgements.model_version and judgements.recency = 1
    where models.snapshot_id in (select snapshot_id from training_set)
    window contest as (
        partition by vetoed.model_version is not null
        order by
            {{ sign }} * metrics.value desc nulls last,
            judgements.first_decided_at nulls last,
            case when judgements.decision = 'promoted' then 0 else 1 end,
            models.model_version
    )
),

-- how many others of these rows' versions the test had judged before
looks as (
    select contenders.model_version, count(distinct judgements.model_version) as tests_before
    from contenders
    inner join judgements
        on contenders.model_version <> judgements.model_version
        and judgements.is_tested
        and (contenders.first_decided_at is null or judgements.decided_at < contenders.first_decided_at)
    inner join contenders as others on judgements.model_version = others.model_version
    group by contenders.model_version
),

challengers as (
    select contenders.*, coalesce(looks.tests_before, 0) as tests_before
    from contenders
    left join looks on contenders.model_version = looks.model_version
    where contenders.last_decision is null or contenders.last_decision <> 'promoted'
),

test_values as (
    select
        model_version,
        max(case when metric = '{{ metric }}' then value end) as test_value,
        max(case when metric = 'expected_calibration_error' then value end) as calibration_error,
        max(case when metric = 'expected_calibration_error' then ci_low end) as calibration_error_low,
        -- above 0 for a model that beats guessing
        {{ "max(case when metric = 'r2' then value end)" if config.get('task') == 'regression'
            else "max(case when metric = 'auc' then coalesce(ci_low, value) - 0.5 end)" }} as skill
    from metrics
    where split = 'test' and slice_column = 'all'
    group by model_version
),

differences as (
    {{ insitu.paired_differences(config) | indent(4) }}
),

worst_slices as (
    {{ insitu.worst_slices(config) | indent(4) }}
),

evidence as (
    select
        challengers.*,
        test_values.test_value,
        test_values.calibration_error,
        test_values.calibration_error_low,
        champion.model_version as previous_champion,
        predecessor.model_version as predecessor,
        champion_values.test_value as champion_test_value,
        differences.mean_difference,
        differences.difference_error,
        worst_slices.loss as worst_slice_loss,
        worst_slices.slice as worst_slice,
        test_values.skill,
        parity.n_batches,
        parity.n_changed,
        {{ insitu.is_tested(config) }} as is_tested
    from challengers
    left join test_values on challengers.model_version = test_values.model_version
    left join champion on 1 = 1
    left join predecessor on 1 = 1
    left join test_values as champion_values on champion.model_version = champion_values.model_version
    left join differences on challengers.model_version = differences.model_version
    left join worst_slices on challengers.model_version = worst_slices.model_version
    left join parity on 1 = 1
),

objections as (
    select
        *,
        {{ insitu.promotion_objection(config) | indent(8) }} as objection
    from evidence
),

decisions as (
    select
        *,
        case when objection is null then 'promoted' else 'rejected' end as decision,
        coalesce(
            objection,
            case
                when previous_champion is not null
                    then 'better than ' || previous_champion || ' on the test by more than noise'
                when predecessor is not null
                    then 'its predecessor ' || predecessor || ' cannot be compared on the present test'
                else 'the first champion'
            end
        ) as reason
    from objections
),

final as (
    select
        '{{ use_case }}' as use_case,
        {{ moment }} as training_as_of,
        decisions.model_version,
        decisions.decision,
        decisions.reason,
        decisions.previous_champion,
        '{{ metric }}' as metric,
        decisions.validation_value,
        decisions.test_value,
        decisions.champion_test_value,
        decisions.mean_difference,
        decisions.difference_error,
        decisions.calibration_error,
        decisions.calibration_error_low,
        decisions.worst_slice_loss,
        decisions.worst_slice,
        decisions.point_in_time,
        decisions.n_batches as parity_batches,
        decisions.n_changed as parity_features_changed,
        decisions.is_tested,
        decisions.tests_before,
        1 + (
            select count(*)
            from judgements
            where judgements.model_version = decisions.model_version and judgements.training_as_of = {{ moment }}
        ) as judgement,
        current_timestamp at time zone 'UTC' as decided_at
    from decisions
    where decisions.last_reason is null
        -- that yet another one is better on validation is nothing new
        or (decisions.last_reason <> decisions.reason
            and not (decisions.last_reason like '%on validation%' and decisions.reason like '%on validation%'))
    {%- if steps %}
    union all
    {{ insitu.promoted_by_experiment(use_case, config, steps, now) | indent(4) }}
    {%- endif %}
)

select * from final
{%- endmacro %}
