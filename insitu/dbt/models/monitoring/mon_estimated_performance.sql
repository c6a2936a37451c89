{%- do insitu.overall_model('monitoring') -%}
{%- set estimated = [] -%}
{%- for use_case in insitu.use_cases_there() -%}
    {%- set options = insitu.metric_options(insitu.use_case_config(use_case)) -%}
    {%- if insitu.estimates_of_task(options) -%}{%- do estimated.append([use_case, options]) -%}{%- endif -%}
{%- endfor -%}
{%- set by = ['use_case', 'model_version', 'day'] %}
with
{%- for use_case, options in estimated %}
{{ use_case }}__predicted as (
    select
        '{{ use_case }}' as use_case,
        model_version,
        cast({{ insitu.identifier(insitu.use_case_config(use_case).as_of) }} as date) as day,
        score
    from {{ insitu.use_case_ref(use_case, 'predictions') }}
),
{% endfor %}
estimates as (
    {% for use_case, options in estimated -%}
    {% for name in insitu.estimates_of_task(options) -%}
    select * from ({{ insitu.macro_named('estimate_' ~ name)(use_case ~ '__predicted', by, options) | indent(4) }}) as estimate_{{ name }}
    union all
    {% endfor -%}
    {%- endfor -%}
    select
        cast(null as {{ dbt.type_string() }}) as use_case,
        cast(null as {{ dbt.type_string() }}) as model_version,
        cast(null as date) as day,
        cast(null as {{ dbt.type_string() }}) as metric,
        cast(null as double precision) as value,
        cast(null as double precision) as ci_low,
        cast(null as double precision) as ci_high,
        cast(null as bigint) as n_rows
    where 1 = 0
),

limits as (
    {{ insitu.limits_of_use_cases(['unlabelled_share']) | indent(4) }}
),

final as (
    select
        estimates.use_case,
        estimates.model_version,
        estimates.day,
        estimates.metric,
        estimates.value,
        estimates.ci_low,
        estimates.ci_high,
        estimates.n_rows,
        realised.value as realised_value,
        coalesce(realised.n_rows, 0) as n_outcomes,
        -- until (nearly) all labels are there, they are those that came early, of which the estimate says nothing
        case
            when realised.n_rows >= (1 - limits.unlabelled_share) * estimates.n_rows
                and realised.value is not null and estimates.value is not null
                then case when realised.value between estimates.ci_low and estimates.ci_high then 1 else 0 end
        end as is_inside
    from estimates
    inner join limits on estimates.use_case = limits.use_case
    left join {{ ref('mon_performance') }} as realised
        on estimates.use_case = realised.use_case
        and estimates.model_version = realised.model_version
        and estimates.day = realised.day
        and estimates.metric = realised.metric
)

select * from final
