{% macro estimated_ratio(metric, numerator, denominator, relation, by=[], lowest=none, highest=none) %}
{#- What a metric that is a ratio of sums will be when the labels come, if the scores are the probabilities they say:
    `numerator` and `denominator` are pairs, what a row adds to each sum if it turns out positive, and if negative. Interval:
    where the realised value will lie, by the delta method over the labels' own chance (exact up to normality where the
    denominator does not depend on labels). That the scores may be wrong is in no interval. -#}
{%- set of_group = 'over (' ~ insitu.partition_by(by) ~ ')' %}
{%- set expected = [] %}
{%- for if_positive, if_negative in [numerator, denominator] %}
    {%- do expected.append('score * (' ~ if_positive ~ ') + (1 - score) * (' ~ if_negative ~ ')') %}
{%- endfor %}
{%- set shift = '((' ~ numerator[0] ~ ') - (' ~ numerator[1] ~ ') - ratio * ((' ~ denominator[0] ~ ') - (' ~ denominator[1] ~ ')))' %}
with expected as (
    select
        *,
        sum({{ expected[0] }}) {{ of_group }} / nullif(sum({{ expected[1] }}) {{ of_group }}, 0) as ratio,
        nullif(sum({{ expected[1] }}) {{ of_group }}, 0) as total
    from ({{ insitu.probable_rows(relation, by) }}) as probable
),

grouped as (
    select
        {{ insitu.by_columns(by) }}
        max(ratio) as value,
        sqrt(sum(score * (1 - score) * {{ shift }} * {{ shift }})) / max(total) as standard_error,
        count(*) as n_rows
    from expected
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

{{ insitu.normal_interval(metric, 'grouped', by, lowest, highest) }}
{% endmacro %}

{#- The rows an estimate counts: those with a finite score, as a probability. -#}
{% macro probable_rows(relation, by=[]) %}
    select {{ insitu.by_columns(by) }}greatest(0.0, least(1.0, score)) as score
    from (select {{ insitu.by_columns(by) }}cast(score as double precision) as score from {{ relation }}) as typed
    where {{ insitu.is_finite('score') }}
{% endmacro %}
