{#- Body of `<use_case>__promotions`: who becomes champion, and why. Validation chooses one challenger among the
    candidates of a training; the gapped test, used for nothing before, sets it against the champion. It must be better
    by more than noise (the mean of the daily differences against their standard error), calibrated, and sound in every
    slice; its features must be proved point in time, and those scored lately the same when computed again. Decisions are
    for a moment of training, so a run for a past day can't move the champion of today. -#}
{% macro promotions(use_case) -%}
{%- do insitu.use_case_model(use_case, 'evaluation', 'incremental') -%}
{%- set config = dict(insitu.use_case_config(use_case), use_case=use_case) -%}
{%- set metric = insitu.selection_metric(config) -%}
{%- set sign = 1 if insitu.higher_is_better(metric) else -1 -%}
{%- set moment = insitu.timestamp_literal(insitu.training_as_of(use_case)) -%}
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
    select model_version
    from {{ ref('promotion_overrides') }}
    where use_case = '{{ use_case }}' and override = 'veto' and effective_from <= {{ insitu.timestamp_literal(insitu.as_of()) }}
),

parity as (
    {{ insitu.parity_evidence(use_case) | indent(4) }}
),

champion as (
    {%- if is_incremental() %}
    select model_version
    from {{ this }}
    where decision = 'promoted' and training_as_of <= {{ moment }}
        and model_version not in (select model_version from vetoed)
    order by training_as_of desc, decided_at desc
    limit 1
    {%- else %}
    select cast(null as {{ dbt.type_string() }}) as model_version
    from training_set
    where 1 = 0
    {%- endif %}
),

challengers as (
    select
        models.model_version,
        models.point_in_time,
        models.point_in_time_message,
        metrics.value as validation_value,
        row_number() over (order by {{ sign }} * metrics.value desc, models.model_version) as validation_rank,
        first_value(models.model_version)
            over (order by {{ sign }} * metrics.value desc, models.model_version) as best_on_validation
    from models
    inner join metrics
        on models.model_version = metrics.model_version
        and metrics.split = 'validation' and metrics.slice_column = 'all' and metrics.metric = '{{ metric }}'
    where models.snapshot_id in (select snapshot_id from training_set)
    {%- if is_incremental() %}
        and models.model_version not in (select model_version from {{ this }} where training_as_of = {{ moment }})
    {%- endif %}
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
        champion_values.test_value as champion_test_value,
        differences.mean_difference,
        differences.difference_error,
        worst_slices.loss as worst_slice_loss,
        worst_slices.slice as worst_slice,
        test_values.skill,
        parity.n_batches,
        parity.n_changed
    from challengers
    left join test_values on challengers.model_version = test_values.model_version
    left join champion on 1 = 1
    left join test_values as champion_values on champion.model_version = champion_values.model_version
    left join differences on challengers.model_version = differences.model_version
    left join worst_slices on challengers.model_version = worst_slices.model_version
    left join parity on 1 = 1
),

reasons as (
    select
        *,
        {{ insitu.promotion_objection(config) | indent(8) }} as objection
    from evidence
),

final as (
    select
        '{{ use_case }}' as use_case,
        {{ moment }} as training_as_of,
        model_version,
        case when objection is null then 'promoted' else 'rejected' end as decision,
        coalesce(
            objection,
            case
                when previous_champion is null then 'the first champion'
                else 'better than ' || previous_champion || ' on the test by more than noise'
            end
        ) as reason,
        previous_champion,
        '{{ metric }}' as metric,
        validation_value,
        test_value,
        champion_test_value,
        mean_difference,
        difference_error,
        calibration_error,
        calibration_error_low,
        worst_slice_loss,
        worst_slice,
        point_in_time,
        n_batches as parity_batches,
        n_changed as parity_features_changed,
        current_timestamp at time zone 'UTC' as decided_at
    from reasons
)

select * from final
{%- endmacro %}
