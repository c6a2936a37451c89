{% macro score_ladder(relation, by=[], task='binary', ladder=none) %}
{#- One row per group and distinct score, with what lies below it. Ties are one step, so nothing depends on row order.
    For a regression `pos` is the sum of the labels. Metrics that are computed together share one: `ladder` names
    it. -#}
{%- if ladder %}
    select * from {{ ladder }}
{%- else %}
    select
        {{ insitu.by_columns(by) }}
        score, n, pos, neg,
        sum(n) over (below) - n as n_below,
        sum(pos) over (below) - pos as pos_below,
        sum(neg) over (below) - neg as neg_below,
        sum(n) over (everything) as n_rows,
        sum(pos) over (everything) as positives,
        sum(neg) over (everything) as negatives
    from (
        select
            {{ insitu.by_columns(by) }}
            score,
            cast(count(*) as double precision) as n,
            sum(label) as pos,
            sum(1 - label) as neg
        from ({{ insitu.metric_rows(relation, by, task) }}) as scored
        {{ insitu.group_by(by, ['score']) }}
    ) as steps
    window
        below as ({{ insitu.partition_by(by) }} order by score),
        everything as ({{ insitu.partition_by(by) }})
{%- endif %}
{% endmacro %}
