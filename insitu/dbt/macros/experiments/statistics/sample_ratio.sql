{#- Whether counts are as shares say: (by…, chi_square, df, p_value, sequence_p_value), from rows (by…, within…, n_units,
    n_expected, n_of_step, share), one for each variant of a group `within`, in which shares do not change. Chi-square and its
    degrees add up over groups, and so do the logarithms of the odds against the shares: with a Dirichlet prior of `prior` × share
    for what the shares might be instead, these are a ratio of gamma functions, whose inverse is a p-value at any look
    (Lindon & Malek 2022). A unit where none was expected is impossible, and so is its p-value. -#}
{% macro sample_ratio(relation, by, within, prior=100) -%}
{%- set rows = insitu.with_columns('(select * from ' ~ relation ~ ' where share > 0 or n_units > 0)', {
    'prior': prior ~ ' * share',
    'posterior': prior ~ ' * share + n_units',
    'prior_of_all': 'cast(' ~ prior ~ '.0 as double precision)',
    'posterior_of_all': 'cast(' ~ prior ~ '.0 + n_of_step as double precision)',
}) %}
{%- set groups %}(
    select
        {{ insitu.by_columns(by) }}
        {{ insitu.by_columns(within) }}
        sum((n_units - n_expected) * (n_units - n_expected) / nullif(n_expected, 0)) as chi_square,
        greatest(count(*) - 1, 0) as df,
        max(case when share = 0 then 1 else 0 end) as is_impossible,
        sum(case
            when share > 0 then {{ insitu.log_gamma('posterior') }} - {{ insitu.log_gamma('prior') }} - n_units * ln(share)
        end)
        + max({{ insitu.log_gamma('prior_of_all') }} - {{ insitu.log_gamma('posterior_of_all') }}) as log_odds
    from {{ rows }} as counted
    {{ insitu.group_by(by, insitu.quoted(within)) }}
){%- endset %}
{%- set sums %}(
    select
        {{ insitu.by_columns(by) }}
        cast(coalesce(sum(chi_square), 0) as double precision) as chi_square,
        cast(sum(df) as integer) as df,
        max(is_impossible) as is_impossible,
        -sum(log_odds) as log_chance
    from {{ groups }} as groups_of_shares
    {{ insitu.group_by(by) }}
){%- endset %}
{%- set rows = insitu.with_chi_square_tail(sums, 'chance', 'chi_square', 'df') -%}
select
    {{ insitu.by_columns(by) }}
    chi_square,
    df,
    case when is_impossible = 1 then 0 when df > 0 then chance end as p_value,
    case when is_impossible = 1 then 0 when df > 0 then {{ insitu.exponential('least(log_chance, 0)') }} end as sequence_p_value
from {{ rows }} as judged
{%- endmacro %}
