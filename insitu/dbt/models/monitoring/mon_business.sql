{%- do insitu.overall_model('monitoring') -%}

with outcomes as (
    {% for use_case in insitu.use_cases_there() -%}
    select
        '{{ use_case }}' as use_case,
        cast({{ insitu.identifier(insitu.use_case_config(use_case).as_of) }} as date) as day,
        is_treated,
        expected_profit,
        realised_profit,
        profit_treat_all,
        profit_treat_none
    from {{ insitu.use_case_ref(use_case, 'outcomes') }}
    where is_in_charge = 1
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        use_case,
        day,
        count(*) as n_outcomes,
        cast(sum(is_treated) as bigint) as n_treated,
        sum(expected_profit) as expected_profit,
        sum(realised_profit) as realised_profit,
        sum(profit_treat_all) as profit_treat_all,
        sum(profit_treat_none) as profit_treat_none,
        sum(realised_profit) - greatest(sum(profit_treat_all), sum(profit_treat_none)) as profit_uplift
    from outcomes
    where realised_profit is not null
    group by use_case, day
)

select * from final
