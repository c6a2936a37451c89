{% macro top_share(relation, by=[], share=0.1, ladder=none) %}
{#- Per group, of the first share × rows by descending score: the positives expected among them (scores tied at the edge
    are taken in proportion, the mean over all ways to break the tie), their share of all positives (`capture`), and its
    standard error by the delta method: which rows are first is itself an estimate, and `edge_rate`, the share of
    positives around the edge, says what a shift of it costs. -#}
    {%- set strays = '(taken - capture - edge_rate * (taken - ' ~ share ~ '))' -%}
    {%- set of_group = 'over (' ~ insitu.partition_by(by) ~ ')' -%}
    select
        {{ insitu.by_columns(by) }}
        max(hits) as hits,
        max(capture) as capture,
        max(n_rows) * {{ share }} as capacity_rows,
        max(positives) as positives,
        max(n_rows) as n_rows,
        case when max(n_rows) > 1 then sqrt(
            sum(
                pos * {{ strays }} * {{ strays }}
                + neg * (edge_rate * (taken - {{ share }})) * (edge_rate * (taken - {{ share }}))
            ) / (max(n_rows) * (max(n_rows) - 1))
        ) / nullif(max(positives) / max(n_rows), 0) end as standard_error
    from (
        select
            *,
            sum(pos * taken) {{ of_group }} as hits,
            sum(pos * taken) {{ of_group }} / nullif(positives, 0) as capture,
            sum(pos * at_edge) {{ of_group }} / nullif(sum(n * at_edge) {{ of_group }}, 0) as edge_rate
        from (
            select
                *,
                {{ insitu.taken_of_step(share) }} as taken,
                {{ insitu.taken_of_step(1.5 * share) }} - {{ insitu.taken_of_step(0.5 * share) }} as at_edge
            from ({{ insitu.score_ladder(relation, by, ladder=ladder) }}) as ladder
        ) as steps_taken
    ) as summed
    {{ insitu.group_by(by) }}
    having count(*) > 0
{% endmacro %}

{#- The share of a step of the ladder that lies in the first share × rows by descending score. -#}
{% macro taken_of_step(share) -%}
greatest(0, least(1, (n_rows * {{ share }} - (n_rows - n_below - n)) / n))
{%- endmacro %}
