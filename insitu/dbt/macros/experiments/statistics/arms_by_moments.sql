{#- Arms with the estimate of a mean, a proportion or a ratio and how far it strays, from their `moments`, `kind`, `middle` and
    `covariate_middle`. An estimate is Σ numerator / Σ denominator; what one unit adds to it is, by the delta method, its
    numerator less estimate × denominator, over the mean denominator: units may bring several rows, and they may be weighted.
    `spread` is the sum of squares of that, `scale` makes a variance of it. For a proportion it is p (1 - p) / n, else n - 1
    takes the place of n. The same for the covariate of the units that have one, and `spread_both` of both together: see `compared_arms`. -#}
{% macro arms_by_moments(relation) -%}
{%- set rows = insitu.with_columns(relation, {
    'raw_estimate': 'case when n_units > 0 then num / nullif(den, 0) end',
    'raw_covariate': 'case when n_units > 0 then cov / nullif(one, 0) end',
    'mean_den': 'nullif(den, 0) / nullif(n_units, 0)',
    'mean_one': 'nullif(one, 0) / nullif(n_units, 0)',
}) %}
{%- set rows = insitu.with_columns(rows, {
    'raw_spread': 'num_num - 2 * raw_estimate * num_den + raw_estimate * raw_estimate * den_den',
    'raw_spread_covariate': 'cov_cov - 2 * raw_covariate * cov_one + raw_covariate * raw_covariate * one_one',
    'raw_spread_both': 'num_cov - raw_estimate * den_cov - raw_covariate * num_one + raw_estimate * raw_covariate * den_one',
}) %}
select
    *,
    middle + raw_estimate as estimate,
    -- of equal values rounding leaves something, which is no spread
    case
        when raw_spread > 1e-12 * num_num + 1e-24 * middle * middle * den_den then raw_spread / (mean_den * mean_den)
        when raw_spread is not null then 0
    end as spread,
    case kind
        when 'proportion' then nullif(cast(n_units as double precision) * n_units, 0)
        else nullif(cast(n_units as double precision) * (n_units - 1), 0)
    end as scale,
    raw_covariate as mean_covariate,
    one as covariate_weight,
    case
        when raw_spread_covariate > 1e-12 * cov_cov + 1e-24 * covariate_middle * covariate_middle * one_one
        then raw_spread_covariate / (mean_one * mean_one)
        else 0
    end as spread_covariate,
    coalesce(raw_spread_both / (mean_den * mean_one), 0) as spread_both
from {{ rows }} as computed
{%- endmacro %}
