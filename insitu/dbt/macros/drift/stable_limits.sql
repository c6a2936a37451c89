{#- What drift is usual, and beyond which limit a stable period lies so seldom as `chance` says, over all features together:
    (group…, feature, metric, usual, stable_limit, n_periods). `measured` has group…, period, feature, metric, value and chance;
    `usual` is what 95 of 100 periods reach.

    Each period is held against the others: how many standard deviations its drift lies above theirs, in roots, which makes the
    noise of a measure of squares even. Only the feature that stands out most counts, so features that move together are one look
    and not many; the greatest of many is distributed after Gumbel, whose two parameters are fitted to the periods by their
    first two L-moments. A feature that never moved still has the deviation 0.02. NULL with fewer than eight periods. -#}
{% macro stable_limits(measured, group) -%}
{%- set by = group + ['feature', 'metric'] -%}
{%- set others_mean = '(total - root) / (n - 1)' -%}
{%- set others_square = '(total_square - root * root - (total - root) * (total - root) / (n - 1)) / (n - 2)' -%}
with summed as (
    select
        *,
        count(*) over of_feature as n,
        sum(root) over of_feature as total,
        sum(root * root) over of_feature as total_square
    from (
        select *, sign(value) * sqrt(abs(value)) as root
        from {{ measured }}
        where value is not null
    ) as roots
    window of_feature as ({{ insitu.partition_by(by) }})
),

held_against_others as (
    select
        {{ insitu.by_columns(group) }}
        metric,
        period,
        max(chance) as chance,
        max((root - {{ others_mean }}) / greatest(0.02, sqrt(greatest(0, {{ others_square }})))) as surprise
    from summed
    where n >= 8
    {{ insitu.group_by(group, ['metric', 'period']) }}
),

ranked as (
    select
        *,
        (row_number() over ({{ insitu.partition_by(group, ['metric']) }} order by surprise, period) - 1.0)
        / (count(*) over ({{ insitu.partition_by(group, ['metric']) }}) - 1) as place
    from held_against_others
),

surprising as (
    select
        {{ insitu.by_columns(group) }}
        metric,
        avg(surprise) - (2 * avg(place * surprise) - avg(surprise)) / ln(2.0)
        * (0.5772156649015329 + ln(-ln(1 - max(chance)))) as surprise
    from ranked
    {{ insitu.group_by(group, ['metric']) }}
),

features as (
    select
        {{ insitu.by_columns(by) }}
        percentile_cont(0.95) within group (order by value) as usual,
        avg(root) as mean,
        greatest(0.02, coalesce(stddev_samp(root), 0)) as deviation,
        count(*) as n_periods
    from summed
    {{ insitu.group_by(by) }}
),

limits as (
    select
        features.*,
        features.mean + surprising.surprise * features.deviation as limit_root
    from features
    left join surprising
        on features.n_periods >= 8 and {{ insitu.join_on('features', 'surprising', group + ['metric']) }}
)

select
    {{ insitu.by_columns(by) }}
    usual,
    sign(limit_root) * limit_root * limit_root as stable_limit,
    n_periods
from limits
{%- endmacro %}
