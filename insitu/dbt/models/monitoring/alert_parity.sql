{%- do insitu.overall_model('monitoring') -%}

with parity as (
    {% for use_case in insitu.use_cases_there() -%}
    select use_case, batch_as_of, feature, n_rows, n_different, differs_after_minutes, is_tolerated
    from {{ insitu.use_case_ref(use_case, 'parity') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

findings as (
    select
        use_case,
        feature as subject,
        max(batch_as_of) as as_of,
        sum(n_different) as value,
        0 as limit_value,
        sum(n_rows) as n_rows,
        max(differs_after_minutes) as differs_after_minutes
    from parity
    where n_different > 0 and not is_tolerated
    group by use_case, feature
)

select
    {{ insitu.alert_columns('alert_parity') }},
    {{ insitu.count_text('value') }} || ' of ' || {{ insitu.count_text('n_rows') }} || ' rows had another value when they were scored'
    || case
        when differs_after_minutes > 0 then ', up to ' || {{ insitu.number_text('differs_after_minutes / 60') }}
            || ' hours after their as-of: a source was changed, or comes later than its `lag` declares'
        else ': a source was changed, or comes later than its `lag` declares'
    end as message
from findings
