{%- do insitu.overall_model('evaluation') -%}

with final as (
    {% for use_case in insitu.use_cases_there() -%}
    select
        '{{ use_case }}' as use_case,
        model_version,
        snapshot_id,
        split,
        slice_column,
        slice_value,
        metric,
        value,
        ci_low,
        ci_high,
        n_rows
    from {{ insitu.use_case_ref(use_case, 'metrics') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
