{#- The CTEs of measures over buckets, ending in `shares`: (by…, over…, reference_share, current_share, n_known, n_rows),
    one row per bucket of either side; `n_known` rows of both sides have a value in it. -#}
{% macro bucket_shares(reference, current, by=[], over=[], kind='numeric', options={}) %}
{%- set buckets = insitu.macro_named('psi_' ~ kind ~ '_buckets') %}
{%- set known = insitu.is_finite('value') if kind == 'numeric' else 'value is not null' %}
{%- set same_group = insitu.join_on('all_buckets', 'current_counts', by + over) %}
with reference_bins as (
    {{ insitu.macro_named('psi_' ~ kind ~ '_bins')(reference, by, options) }}
),

reference_counts as (
    select {{ insitu.by_columns(by) }}bucket, sum(n) as n
    from reference_bins
    {{ insitu.group_by(by, ['bucket']) }}
    union all
    select {{ insitu.by_columns(by) }}'missing' as bucket, cast(count(*) as double precision) as n
    from {{ reference }}
    where not coalesce({{ known }}, false)
    {{ insitu.group_by(by) }}
    having count(*) > 0
),

current_counts as (
    {{ buckets('reference_bins', current, by, over) }}
),

reference_totals as (
    select {{ insitu.by_columns(by) }}sum(n) as n
    from reference_counts
    {{ insitu.group_by(by) }}
),

current_totals as (
    select {{ insitu.by_columns(by + over) }}sum(n) as n
    from current_counts
    {{ insitu.group_by(by + over) }}
),

all_buckets as (
    select {{ insitu.by_columns(by + over, 'current_totals.') }}reference_counts.bucket
    from current_totals
    inner join reference_counts on {{ insitu.join_on('current_totals', 'reference_counts', by) }}
    union
    select {{ insitu.by_columns(by + over) }}bucket
    from current_counts
),

shares as (
    select
        {{ insitu.by_columns(by + over, 'all_buckets.') }}
        coalesce(reference_counts.n, 0) / reference_totals.n as reference_share,
        coalesce(current_counts.n, 0) / current_totals.n as current_share,
        case
            when reference_totals.n > 0 and current_totals.n > 0 and all_buckets.bucket <> 'missing'
                then coalesce(reference_counts.n, 0) + coalesce(current_counts.n, 0)
            else 0
        end as n_known,
        current_totals.n as n_rows
    from all_buckets
    inner join reference_totals on {{ insitu.join_on('all_buckets', 'reference_totals', by) }}
    inner join current_totals on {{ insitu.join_on('all_buckets', 'current_totals', by + over) }}
    left join reference_counts
        on {{ insitu.join_on('all_buckets', 'reference_counts', by) }} and all_buckets.bucket = reference_counts.bucket
    left join current_counts
        on {{ same_group }} and all_buckets.bucket = current_counts.bucket
)
{%- endmacro %}
