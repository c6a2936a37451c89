with final as (
    {% for use_case in use_cases() -%}
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
    from {{ ref(use_case ~ '__metrics') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
