{% macro drift_psi(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- Population stability index of `current` (columns: by…, over…, value) against `reference` (by…, value), for each
    by × over group: Σ (c - r) ln(c / r) over buckets, shares floored at 0.0001. Numeric values fall into ten quantile
    bins of the reference; categories into the reference's twenty largest, the rest of them, and those it never saw.
    A missing value is a bucket of its own. NULL where there is nothing to compare: no rows on one side, or no value on
    either. -#}
{{ insitu.bucket_shares(reference, current, by, over, kind, options) }},

floored as (
    select
        {{ insitu.by_columns(by + over) }}
        greatest(0.0001, reference_share) as reference_share,
        greatest(0.0001, current_share) as current_share,
        n_known,
        n_rows
    from shares
)

select
    {{ insitu.by_columns(by + over) }}
    'psi' as metric,
    case when sum(n_known) > 0 then sum((current_share - reference_share) * ln(current_share / reference_share)) end as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(max(n_rows) as bigint) as n_rows
from floored
{{ insitu.group_by(by + over) }}
having count(*) > 0
{% endmacro %}
