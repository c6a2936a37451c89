{#- Each variant beside its control: (by…, n_units_control, n_units, value_control, value, variance_control, variance), from
    `asked`, which has the columns `by`, and `arms`: those, `is_control`, and what `arms_by_moments` gives. A covariate takes
    from both estimates what chance put into it (CUPED; Deng et al. 2013): θ times how far the arm's mean of the covariate is
    from that of both arms, θ being the slope of the metric on the covariate within arms. An arm without a unit leaves NULLs. -#}
{% macro compared_arms(asked, arms, by) -%}
{%- set rows %}(
    select
        asked.*,
        coalesce(control_arm.n_units, 0) as n_units_control,
        coalesce(variant_arm.n_units, 0) as n_units,
        {%- for name in insitu.estimate_columns() %}
        control_arm.{{ name }} as {{ name }}_control,
        variant_arm.{{ name }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ asked }} as asked
    left join {{ arms }} as control_arm on {{ insitu.join_on('asked', 'control_arm', by) }} and control_arm.is_control = 1
    left join {{ arms }} as variant_arm on {{ insitu.join_on('asked', 'variant_arm', by) }} and variant_arm.is_control = 0
){%- endset %}
{%- set rows = insitu.with_columns(rows, {
    'theta': 'coalesce((spread_both_control + spread_both) / nullif(spread_covariate_control + spread_covariate, 0), 0)',
    'covariate_of_both': '(mean_covariate_control * covariate_weight_control + mean_covariate * covariate_weight) '
        ~ '/ nullif(covariate_weight_control + covariate_weight, 0)',
}) %}
{%- set rows = insitu.with_columns(rows, {
    'left_control': 'spread_control - 2 * theta * spread_both_control + theta * theta * spread_covariate_control',
    'left_variant': 'spread - 2 * theta * spread_both + theta * theta * spread_covariate',
}) %}
select
    *,
    estimate_control - theta * coalesce(mean_covariate_control - covariate_of_both, 0) as value_control,
    estimate - theta * coalesce(mean_covariate - covariate_of_both, 0) as value,
    -- what a covariate explains wholly leaves nothing but rounding
    case when left_control > 1e-12 * spread_control then left_control else 0 * spread_control end / scale_control as variance_control,
    case when left_variant > 1e-12 * spread then left_variant else 0 * spread end / scale as variance
from {{ rows }} as compared
{%- endmacro %}
