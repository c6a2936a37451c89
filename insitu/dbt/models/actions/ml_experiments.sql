{#- What experiments say at their last look. -#}
{%- do insitu.overall_model('actions') -%}
{%- do insitu.for_experiments() -%}

with results as (
    {% for use_case in insitu.use_cases_there(insitu.use_cases_with_experiments()) -%}
    select
        '{{ use_case }}' as use_case,
        results.*,
        row_number() over (
            partition by experiment, metric, variant, slice_column, slice_value order by day desc
        ) as recency
    from {{ insitu.use_case_ref(use_case, 'experiment_results') }} as results
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        use_case,
        {{ insitu.columns_of_results() | join(',\n        ') }}
    from results
    where recency = 1 and slice_column = ''
)

select * from final
