{%- do insitu.overall_model('monitoring') -%}
{%- set use_cases = insitu.use_cases_there() -%}

{%- set by = ['use_case', 'model_version', 'day'] %}
with
{%- for use_case in use_cases %}
{{ use_case }}__outcomes as (
    select
        '{{ use_case }}' as use_case,
        model_version,
        cast({{ insitu.identifier(insitu.use_case_config(use_case).as_of) }} as date) as day,
        {{ insitu.scored_columns(insitu.use_case_config(use_case), within=['batch_id']) }}
    from {{ insitu.use_case_ref(use_case, 'outcomes') }}
),
{% endfor %}
final as (
    {% for use_case in use_cases -%}
    {%- set options = insitu.metric_options(insitu.use_case_config(use_case)) -%}
    {{ insitu.union_metrics(insitu.metrics_of_task(options), use_case ~ '__outcomes', by, options) | indent(4) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
