{%- do insitu.overall_model('monitoring') -%}

with recent as (
    select * from {{ ref('mon_recent_performance') }}
),

judged_by as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- set metric = insitu.selection_metric(insitu.use_case_config(use_case)) -%}
    select
        '{{ use_case }}' as use_case,
        '{{ metric }}' as metric,
        {{ 1 if insitu.higher_is_better(metric) else -1 }} as sign
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

tested as (
    select metrics.use_case, metrics.model_version, metrics.metric, metrics.value
    from {{ insitu.rows_of(ref('ml_metrics')) }} as metrics
    inner join {{ insitu.rows_of(ref('ml_models')) }} as models
        on metrics.use_case = models.use_case
        and metrics.model_version = models.model_version
        and metrics.snapshot_id = models.snapshot_id
    where metrics.split = 'test' and metrics.slice_column = 'all'
),

limits as (
    {{ insitu.limits_of_use_cases(['metric_drop', 'error_growth', 'min_rows']) | indent(4) }}
),

-- a score may fall by so much, an error, which has the label's unit, grow by such a share
compared as (
    select
        recent.use_case,
        recent.model_version as subject,
        recent.last_as_of as as_of,
        recent.metric,
        recent.value,
        recent.n_rows,
        limits.min_rows,
        judged_by.sign,
        tested.value as test_value,
        -- the favourable bound of the interval: noise alone is no finding
        coalesce(case when judged_by.sign = 1 then recent.ci_high else recent.ci_low end, recent.value) as kind_value,
        case
            when judged_by.sign = 1 then tested.value - limits.metric_drop
            else tested.value * (1 + limits.error_growth)
        end as limit_value
    from recent
    inner join judged_by on recent.use_case = judged_by.use_case and recent.metric = judged_by.metric
    inner join tested
        on recent.use_case = tested.use_case
        and recent.model_version = tested.model_version
        and recent.metric = tested.metric
    inner join limits on recent.use_case = limits.use_case
),

findings as (
    select * from compared
    where n_rows >= min_rows and sign * kind_value < sign * limit_value
)

select
    {{ insitu.alert_columns('alert_performance_drop') }},
    metric || ' is ' || {{ insitu.number_text('value') }} || ' on the last outcomes, was ' || {{ insitu.number_text('test_value') }} || ' on the test' as message
from findings
