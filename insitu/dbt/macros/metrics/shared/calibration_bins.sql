{% macro calibration_bins(relation, by=[], bins=10, strategy='mass', task='binary', ladder=none) %}
{#- Reliability bins over the score: equal mass (by rank; equal scores share a bin, by their middle) or equal width on
    [0, 1]. Empty bins have no row. `chance_variance` is the sum of p (1 - p): how far the labels of a calibrated bin
    stray. -#}
    select
        {{ insitu.by_columns(by) }}
        bin,
        min(score) as lowest_score,
        sum(score * n) / sum(n) as mean_score,
        sum(pos) / sum(n) as observed,
        sum(n * greatest(0, score * (1 - score))) as chance_variance,
        sum(n) as n
    from (
        select
            *,
            {% if strategy == 'mass' -%}
            cast(floor((n_below + n / 2) * {{ bins }} / n_rows) as integer) as bin
            {%- else -%}
            cast(greatest(0, least({{ bins - 1 }}, floor(score * {{ bins }}))) as integer) as bin
            {%- endif %}
        from ({{ insitu.score_ladder(relation, by, task, ladder) }}) as ladder
    ) as binned
    {{ insitu.group_by(by, ['bin']) }}
{% endmacro %}
