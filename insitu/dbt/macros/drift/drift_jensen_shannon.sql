{% macro drift_jensen_shannon(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- Jensen-Shannon distance of `current` from `reference` over the buckets of the PSI: the root of the mean of their divergences
    from their middle, to the base 2, so 0 is the same and 1 has nothing in common. NULL as the PSI. -#}
{%- set parts = [] %}
{%- for share in ['reference_share', 'current_share'] %}
    {%- do parts.append('coalesce(' ~ share ~ ' * ln(nullif(2 * ' ~ share ~ ' / (reference_share + current_share), 0)), 0)') %}
{%- endfor %}
{{ insitu.bucket_shares(reference, current, by, over, kind, options) }}

select
    {{ insitu.by_columns(by + over) }}
    'jensen_shannon' as metric,
    case when sum(n_known) > 0 then sqrt(greatest(0, sum({{ parts | join(' + ') }}) / (2 * ln(2.0)))) end as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(max(n_rows) as bigint) as n_rows
from shares
{{ insitu.group_by(by + over) }}
having count(*) > 0
{% endmacro %}
