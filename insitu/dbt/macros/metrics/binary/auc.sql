{% macro metric_auc(relation, by=[], options={}) %}
{#- Area under the ROC curve: the chance that a positive scores above a negative, ties counting one half.
    Interval: DeLong et al. (1988). NULL when a group has one class only. -#}
with placements as (
    select
        *,
        -- the share of negatives that a positive at this score beats, and the share of positives that beat a negative here
        (neg_below + neg / 2) / nullif(negatives, 0) as v10,
        (positives - pos_below - pos / 2) / nullif(positives, 0) as v01
    from ({{ insitu.score_ladder(relation, by, ladder=options.get('ladder')) }}) as ladder
),

areas as (
    select
        *,
        sum(pos * v10) over ({{ insitu.partition_by(by) }}) / nullif(positives, 0) as auc
    from placements
),

grouped as (
    select
        {{ insitu.by_columns(by) }}
        max(auc) as value,
        sqrt(
            sum(pos * (v10 - auc) * (v10 - auc)) / nullif(max(positives) * (max(positives) - 1), 0)
            + sum(neg * (v01 - auc) * (v01 - auc)) / nullif(max(negatives) * (max(negatives) - 1), 0)
        ) as standard_error,
        cast(max(n_rows) as bigint) as n_rows
    from areas
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

{% set margin = insitu.interval_z() ~ ' * standard_error' -%}
select
    {{ insitu.by_columns(by) }}
    'auc' as metric,
    value,
    -- greatest and least ignore NULL, so the case keeps "unknown" unknown
    case when standard_error is not null then greatest(0, value - {{ margin }}) end as ci_low,
    case when standard_error is not null then least(1, value + {{ margin }}) end as ci_high,
    n_rows
from grouped
{% endmacro %}
