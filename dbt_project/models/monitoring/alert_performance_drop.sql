with recent as (
    select * from {{ ref('mon_recent_performance') }}
),

judged_by as (
    {% for use_case in use_cases() -%}
    {%- set metric = selection_metric(use_case_config(use_case)) -%}
    select
        '{{ use_case }}' as use_case,
        '{{ metric }}' as metric,
        {{ 1 if higher_is_better(metric) else -1 }} as sign
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

tested as (
    select metrics.use_case, metrics.model_version, metrics.metric, metrics.value
    from {{ ref('ml_metrics') }} as metrics
    inner join {{ ref('ml_models') }} as models
        on metrics.use_case = models.use_case
        and metrics.model_version = models.model_version
        and metrics.snapshot_id = models.snapshot_id
    where metrics.split = 'test' and metrics.slice_column = 'all'
),

limits as (
    {{ limits_of_use_cases(['metric_drop', 'min_rows']) | indent(4) }}
),

findings as (
    select
        recent.use_case,
        recent.model_version as subject,
        recent.last_as_of as as_of,
        recent.metric,
        recent.value,
        tested.value - judged_by.sign * limits.metric_drop as limit_value,
        tested.value as test_value
    from recent
    inner join judged_by on recent.use_case = judged_by.use_case and recent.metric = judged_by.metric
    inner join tested
        on recent.use_case = tested.use_case
        and recent.model_version = tested.model_version
        and recent.metric = tested.metric
    inner join limits on recent.use_case = limits.use_case
    where recent.n_rows >= limits.min_rows
        -- the end of the interval that is kind to the model: noise alone is no finding
        and judged_by.sign * coalesce(case when judged_by.sign = 1 then recent.ci_high else recent.ci_low end, recent.value)
        < judged_by.sign * tested.value - limits.metric_drop
)

select
    {{ alert_columns('alert_performance_drop') }},
    metric || ' is ' || {{ number_text('value') }} || ' on the last outcomes, was ' || {{ number_text('test_value') }} || ' on the test' as message
from findings
