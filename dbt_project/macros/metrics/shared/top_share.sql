{% macro top_share(relation, by=[], share=0.1, ladder=none) %}
{#- Per group: the positives expected among the first share × rows by descending score. Scores tied at the edge are
    taken in proportion, which is the mean over all ways to break the tie. -#}
    select
        {{ by_columns(by) }}
        sum(pos * greatest(0, least(1, (n_rows * {{ share }} - (n_rows - n_below - n)) / n))) as hits,
        max(n_rows) * {{ share }} as capacity_rows,
        max(positives) as positives,
        max(n_rows) as n_rows
    from ({{ score_ladder(relation, by, ladder=ladder) }}) as ladder
    {{ group_by(by) }}
    having count(*) > 0
{% endmacro %}
