{#- The rows of a use case in `ml_candidates`: every candidate of every training in one line, also those that failed, with what
    became of it. -#}
{% macro candidates(use_case) -%}
{%- set metric = insitu.selection_metric(insitu.use_case_config(use_case)) -%}
{%- set models = insitu.use_case_ref(use_case, 'models') -%}
{%- set kept = adapter.get_columns_in_relation(models) | map(attribute='name') | list if execute else [] -%}
with models as (
    select *, {{ 'deployed_rows is not null' if 'deployed_rows' in kept else 'false' }} as is_refitted
    from {{ models }}
),

measured as (
    select
        model_version,
        snapshot_id,
        max(case when split = 'validation' then value end) as validation_value,
        max(case when split = 'test' then value end) as test_value,
        max(case when split = 'test' then ci_low end) as test_ci_low,
        max(case when split = 'test' then ci_high end) as test_ci_high
    from {{ insitu.use_case_ref(use_case, 'metrics') }}
    where slice_column = 'all' and metric = '{{ metric }}'
    group by model_version, snapshot_id
),

trials as (
    select
        model_version,
        count(*) as n_trials,
        count(error) as n_failed_trials
    from {{ ref('insitu', 'ml_search_trials') }}
    where use_case = '{{ use_case }}'
    group by model_version
),

promotions as (
    select
        *,
        row_number() over (partition by model_version order by training_as_of desc, decided_at desc) as recency
    from {{ insitu.use_case_ref(use_case, 'promotions') }}
),

final as (
    select
        models.training_as_of,
        models.model_version,
        models.candidate,
        models.family,
        models.status,
        models.message,
        coalesce(trials.n_trials, 0) as n_trials,
        coalesce(trials.n_failed_trials, 0) as n_failed_trials,
        models.trained_rows,
        models.fit_seconds,
        '{{ metric }}' as metric,
        measured.validation_value,
        measured.test_value,
        measured.test_ci_low,
        measured.test_ci_high,
        models.is_refitted as test_is_estimate,
        promotions.decision,
        promotions.reason
    from models
    left join measured
        on models.model_version = measured.model_version and models.snapshot_id = measured.snapshot_id
    left join trials on models.model_version = trials.model_version
    left join promotions
        on models.model_version = promotions.model_version and promotions.recency = 1
)

select * from final
{%- endmacro %}
