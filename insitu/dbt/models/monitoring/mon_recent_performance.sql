{%- do insitu.overall_model('monitoring') -%}
{%- set use_cases = insitu.use_cases_there() -%}

{%- set by = ['use_case', 'model_version'] %}
with
{%- for use_case in use_cases %}
{%- set time = insitu.identifier(insitu.use_case_config(use_case).as_of) %}
{{ use_case }}__outcomes as (
    select '{{ use_case }}' as use_case, model_version, {{ time }} as as_of, {{ insitu.scored_columns(insitu.use_case_config(use_case), within=['batch_id']) }}
    from {{ insitu.use_case_ref(use_case, 'outcomes') }}
    where {{ time }} > (
        select max({{ time }}) - interval '{{ insitu.monitoring_limit(use_case, 'window_days') }} days'
        from {{ insitu.use_case_ref(use_case, 'outcomes') }}
    )
),
{% endfor %}
ends as (
    {% for use_case in use_cases -%}
    select use_case, model_version, min(as_of) as first_as_of, max(as_of) as last_as_of
    from {{ use_case }}__outcomes
    group by use_case, model_version
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

metrics as (
    {% for use_case in use_cases -%}
    {%- set options = insitu.metric_options(insitu.use_case_config(use_case)) -%}
    {{ insitu.union_metrics(insitu.metrics_of_task(options), use_case ~ '__outcomes', by, options) | indent(4) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        metrics.use_case,
        metrics.model_version,
        ends.first_as_of,
        ends.last_as_of,
        metrics.metric,
        metrics.value,
        metrics.ci_low,
        metrics.ci_high,
        metrics.n_rows
    from metrics
    inner join ends on metrics.use_case = ends.use_case and metrics.model_version = ends.model_version
)

select * from final
