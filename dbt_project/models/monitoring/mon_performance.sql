{%- set by = ['use_case', 'model_version', 'day'] %}
with
{%- for use_case in use_cases() %}
{{ use_case }} as (
    select
        '{{ use_case }}' as use_case,
        model_version,
        cast({{ adapter.quote(use_case_config(use_case).get('as_of', 'as_of')) }} as date) as day,
        {{ scored_columns(use_case_config(use_case), within=['batch_id']) }}
    from {{ ref(use_case ~ '__outcomes') }}
),
{% endfor %}
final as (
    {% for use_case in use_cases() -%}
    {%- set options = metric_options(use_case_config(use_case)) -%}
    {{ union_metrics(metrics_of_task(options), use_case, by, options) | indent(4) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
