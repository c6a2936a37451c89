{% macro calibration_error(metric, bins_relation, by, bins, worst=false) %}
{#- The gaps of calibration bins, summed by weight or, with `worst`, the largest; with an interval by a parametric
    bootstrap of the bins, 200 fixed normal draws for each. Gaps are absolute, so noise alone makes them positive. The
    lower end is what is left after the 97.5 % quantile of what a calibrated model would show; the upper end is the 97.5
    % quantile of the gaps with noise added. Both err to the wide side. -#}
with bins as (
    select
        *,
        mean_score - observed as gap,
        sqrt(greatest(chance_variance / n, observed * (1 - observed), 0) / n) as gap_error
    from ({{ bins_relation }}) as calibration_bins
),

draws as (
    {{ insitu.normal_draws(bins, 200) | indent(4) }}
),

drawn as (
    select
        {{ insitu.by_columns(by) }}
        draws.replicate,
        {% if worst -%}
        max(abs(gap_error * draw)) as by_chance,
        max(abs(gap + gap_error * draw)) as with_noise
        {%- else -%}
        sum(n * abs(gap_error * draw)) / sum(n) as by_chance,
        sum(n * abs(gap + gap_error * draw)) / sum(n) as with_noise
        {%- endif %}
    from bins
    inner join draws on bins.bin = draws.item
    {{ insitu.group_by(by, ['draws.replicate']) }}
),

ends as (
    select
        {{ insitu.by_columns(by) }}
        percentile_cont(0.975) within group (order by by_chance) as by_chance,
        percentile_cont(0.975) within group (order by with_noise) as with_noise
    from drawn
    {{ insitu.group_by(by) }}
),

points as (
    select
        {{ insitu.by_columns(by) }}
        {{ 'max(abs(gap))' if worst else 'sum(n * abs(gap)) / sum(n)' }} as value,
        cast(sum(n) as bigint) as n_rows
    from bins
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

select
    {{ insitu.by_columns(by, 'points.') }}
    '{{ metric }}' as metric,
    points.value,
    greatest(0, points.value - ends.by_chance) as ci_low,
    greatest(points.value, ends.with_noise) as ci_high,
    points.n_rows
from points
inner join ends on {{ insitu.join_on('points', 'ends', by) }}
{% endmacro %}
