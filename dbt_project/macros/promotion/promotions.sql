{#- Body of `<use_case>__promotions`: who becomes champion, and why. Validation chooses one challenger among the
    candidates of a training; the gapped test, used for nothing before, sets it against the champion. It must be better
    by more than noise (the mean of the daily differences against their standard error), calibrated, and sound in every
    slice. Decisions are for a moment of training, so a run for a past day can't move the champion of today. -#}
{% macro promotions(use_case) -%}
{%- set config = use_case_config(use_case) -%}
{%- set rules = config.get('promotion', {}) -%}
{%- set metric = selection_metric(config) -%}
{%- set sign = 1 if higher_is_better(metric) else -1 -%}
{%- set slice_loss = rules.get('slice_loss', 0.05) -%}
{%- set moment = timestamp_literal(training_as_of(use_case)) -%}
with training_set as (
    select distinct snapshot_id from {{ ref(use_case ~ '__training_set') }}
),

models as (
    select
        model_version,
        candidate,
        snapshot_id
    from {{ ref(use_case ~ '__models') }}
    where status = 'trained'
),

metrics as (
    select * from {{ ref(use_case ~ '__metrics') }}
    where snapshot_id in (select snapshot_id from training_set)
),

heldout as (
    select * from {{ ref(use_case ~ '__heldout_predictions') }}
    where split = 'test' and snapshot_id in (select snapshot_id from training_set)
),

champion as (
    {%- if is_incremental() %}
    select model_version
    from {{ this }}
    where decision = 'promoted' and training_as_of <= {{ moment }}
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
        max(case when metric = 'expected_calibration_error' then value end) as calibration_error
    from metrics
    where split = 'test' and slice_column = 'all'
    group by model_version
),

by_day as (
    select
        model_version,
        cast({{ config.get('as_of', 'as_of') }} as date) as day,
        label,
        score
    from heldout
),

daily as (
    {{ context['metric_' ~ metric]('by_day', ['model_version', 'day'], metric_options(config)) | indent(4) }}
),

differences as (
    select
        mine.model_version,
        avg({{ sign }} * (mine.value - theirs.value)) as mean_difference,
        stddev_samp(mine.value - theirs.value) / sqrt(count(*)) as difference_error
    from daily as mine
    inner join champion on mine.model_version <> champion.model_version
    inner join daily as theirs
        on champion.model_version = theirs.model_version and mine.day = theirs.day
    where mine.value is not null and theirs.value is not null
    group by mine.model_version
),

slices as (
    select
        mine.model_version,
        max({{ sign }} * (theirs.value - mine.value)) as worst_slice_loss
    from metrics as mine
    inner join champion on mine.model_version <> champion.model_version
    inner join metrics as theirs
        on champion.model_version = theirs.model_version
        and mine.split = theirs.split
        and mine.slice_column = theirs.slice_column
        and mine.slice_value = theirs.slice_value
        and mine.metric = theirs.metric
    where mine.split = 'test' and mine.metric = '{{ metric }}' and mine.n_rows >= {{ rules.get('slice_rows', 500) }}
    group by mine.model_version
),

evidence as (
    select
        challengers.*,
        test_values.test_value,
        test_values.calibration_error,
        champion.model_version as previous_champion,
        champion_values.test_value as champion_test_value,
        differences.mean_difference,
        differences.difference_error,
        slices.worst_slice_loss
    from challengers
    left join test_values on challengers.model_version = test_values.model_version
    left join champion on 1 = 1
    left join test_values as champion_values on champion.model_version = champion_values.model_version
    left join differences on challengers.model_version = differences.model_version
    left join slices on challengers.model_version = slices.model_version
),

reasons as (
    select
        *,
        case
            when validation_rank > 1
                then best_on_validation || ' has the better {{ metric }} on validation'
            when test_value is null
                then 'no {{ metric }} on the test'
            {%- if config.get('task', 'binary') == 'binary' %}
            when coalesce(calibration_error, 0) > {{ rules.get('calibration_error', 0.05) }}
                then 'calibration error above {{ rules.get('calibration_error', 0.05) }} on the test'
            {%- endif %}
            when previous_champion is null
                then null
            when mean_difference is null or mean_difference <= {{ rules.get('z', 1.645) }} * coalesce(difference_error, 0)
                then 'not better than ' || previous_champion || ' on the test by more than noise'
            when worst_slice_loss > {{ slice_loss }}
                then 'a slice lost more than {{ slice_loss }} of {{ metric }}'
        end as objection
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
        worst_slice_loss,
        current_timestamp at time zone 'UTC' as decided_at
    from reasons
)

select * from final
{%- endmacro %}
