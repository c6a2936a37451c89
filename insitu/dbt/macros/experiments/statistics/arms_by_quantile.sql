{#- Arms with the estimate of a quantile, from rows of units: (by…, q, value, weight). The estimate is the smallest value that a
    share q of the weight does not exceed. It strays as the share of units below it does (Woodruff 1952): the interval's ends
    are the quantiles at q ± z √(q (1 - q) / n), n the units that the weights are worth, and a standard error is what lies
    between them over 2 z. Without units enough for an end it is NULL. -#}
{% macro arms_by_quantile(relation, by) -%}
{%- set of_group = 'over (' ~ insitu.partition_by(by) ~ ')' %}
{%- set z = insitu.interval_z() %}
{%- set ranked = insitu.with_columns(relation, {
    'below': 'sum(weight) over (' ~ insitu.partition_by(by) ~ ' order by value)',
    'whole': 'sum(weight) ' ~ of_group,
    'reach': z ~ ' * sqrt(q * (1 - q) * sum(weight * weight) ' ~ of_group ~ ') / sum(weight) ' ~ of_group,
}) %}
select
    *,
    (high_end - low_end) * (high_end - low_end) / (4 * {{ z }} * {{ z }}) as spread,
    {%- for name in ['mean_covariate', 'covariate_weight', 'spread_covariate', 'spread_both'] %}
    0.0 as {{ name }},
    {%- endfor %}
    1.0 as scale
from (
    select
        {{ insitu.by_columns(by) }}
        count(*) as n_units,
        -- shares are sums of weights, whose last digits are rounded
        min(case when below >= whole * (q - 1e-12) then value end) as estimate,
        min(case when q - reach > 0 and below >= whole * (q - reach - 1e-12) then value end) as low_end,
        min(case when q + reach < 1 and below >= whole * (q + reach - 1e-12) then value end) as high_end
    from {{ ranked }} as ranked
    {{ insitu.group_by(by) }}
) as ends
{%- endmacro %}
