{%- do insitu.overall_model('monitoring') -%}

with parity as (
    {% for use_case in insitu.use_cases_there() -%}
    select use_case, batch_as_of, feature, n_rows, n_different, differs_after_minutes, is_tolerated
    from {{ insitu.use_case_ref(use_case, 'parity') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

origins as (
    {% for use_case in insitu.use_cases_there() -%}
    {%- for feature, origin in insitu.origins_of_features(use_case).items() -%}
    select '{{ use_case }}' as use_case, {{ insitu.text_literal(feature) }} as feature, {{ insitu.text_literal(origin) }} as origin
    union all
    {% endfor -%}
    {%- endfor -%}
    select
        cast(null as {{ dbt.type_string() }}) as use_case,
        cast(null as {{ dbt.type_string() }}) as feature,
        cast(null as {{ dbt.type_string() }}) as origin
),

findings as (
    select
        parity.use_case,
        parity.feature as subject,
        max(parity.batch_as_of) as as_of,
        sum(parity.n_different) as value,
        0 as limit_value,
        sum(parity.n_rows) as n_rows,
        max(parity.differs_after_minutes) as differs_after_minutes,
        coalesce(max(origins.origin), 'a source') as origin
    from parity
    left join origins on parity.use_case = origins.use_case and parity.feature = origins.feature
    where parity.n_different > 0 and not parity.is_tolerated
    group by parity.use_case, parity.feature
)

select
    {{ insitu.alert_columns('alert_parity') }},
    {{ insitu.count_text('value') }} || ' of ' || {{ insitu.count_text('n_rows') }} || ' rows had another value when they were scored'
    || case
        when differs_after_minutes > 0
            then ', up to ' || {{ insitu.number_text('differs_after_minutes / 60') }} || ' hours after their as-of'
        else ''
    end
    || ': ' || origin || ' was changed, or comes later than its `lag` declares'
    || case
        when differs_after_minutes > 0
            then ', which would have to be more than ' || {{ insitu.number_text('differs_after_minutes / 60') }} || ' hours'
        else ''
    end as message
from findings
