{% macro estimate_auc(relation, by=[], options={}) %}
{#- The area under the ROC curve of rows without labels: each counts as a positive by its probability and as a negative by
    the rest of it. Interval: where the realised area will lie, by the delta method over the labels' own chance. -#}
{%- set certain = '(select ' ~ insitu.by_columns(by) ~ 'score, score as label from (' ~ insitu.probable_rows(relation, by) ~ ') as probable) as rows_to_come' %}
with placements as (
    select
        *,
        (neg_below + neg / 2) / nullif(negatives, 0) as v10,
        (positives - pos_below - pos / 2) / nullif(positives, 0) as v01
    from ({{ insitu.score_ladder(certain, by, 'regression') }}) as ladder
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
        sqrt(sum(
            pos * neg / n * ((v10 - auc) / positives - (v01 - auc) / negatives)
            * ((v10 - auc) / positives - (v01 - auc) / negatives)
        )) as standard_error,
        cast(max(n_rows) as bigint) as n_rows
    from areas
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

{{ insitu.normal_interval('auc', 'grouped', by, 0, 1) }}
{% endmacro %}
