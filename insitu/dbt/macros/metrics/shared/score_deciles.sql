{% macro score_deciles(relation, by=[], ladder=none) %}
{#- Ten equal shares of the rows by descending score; decile 1 is the top. Tied scores are divided in proportion. -#}
    select
        {{ insitu.by_columns(by) }}
        decile,
        min(score) as lowest_score,
        sum(taken) as n,
        sum(taken * pos / n) as pos,
        max(positives) as positives,
        max(n_rows) as n_rows
    from (
        select
            ladder.*,
            deciles.decile,
            least(n_rows - n_below, n_rows * deciles.decile / 10)
                - greatest(n_rows - n_below - n, n_rows * (deciles.decile - 1) / 10) as taken
        from ({{ insitu.score_ladder(relation, by, ladder=ladder) }}) as ladder
        cross join (
            {% for decile in range(1, 11) -%}
            select cast({{ decile }} as double precision) as decile
            {{- ' union all ' if not loop.last }}
            {%- endfor %}
        ) as deciles
    ) as parts
    where taken > 0
    {{ insitu.group_by(by, ['decile']) }}
{% endmacro %}
