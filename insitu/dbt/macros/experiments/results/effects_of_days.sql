{#- The effect on the units that came on a day alone, and how it changes: `trend` is the slope of a line through the effects of the
    days so far, each with the weight of its precision, `trend_p_value` that there is none. Novelty wears off, habit grows. -#}
{% macro effects_of_days(asked, moments, by) %}
{%- set days %}(
    select *
    from {{ asked }}
    where slice_column = ''
){%- endset %}
{%- set rows = insitu.with_effects('(' ~ insitu.compared_arms(days, '(' ~ insitu.arms_by_moments(moments) ~ ')', by) ~ ')') %}
{%- set rows = insitu.with_columns(rows, {
    'precision_of_day': '1 / (standard_error * standard_error)',
    'day_number': "cast(day - date '2000-01-01' as double precision) - avg(cast(day - date '2000-01-01' as double precision)) "
        ~ 'over (partition by experiment, metric, variant)',
}) %}
{%- set over = ' over (partition by experiment, metric, variant order by day)' %}
{%- set rows = insitu.with_columns(rows, {
    'sum_w': 'sum(precision_of_day)' ~ over,
    'sum_wt': 'sum(precision_of_day * day_number)' ~ over,
    'sum_we': 'sum(precision_of_day * effect)' ~ over,
    'sum_wtt': 'sum(precision_of_day * day_number * day_number)' ~ over,
    'sum_wte': 'sum(precision_of_day * day_number * effect)' ~ over,
    'n_days': 'count(precision_of_day)' ~ over,
}) %}
{%- set rows = insitu.with_columns(rows, {
    'determinant': 'case when n_days > 1 then nullif(sum_w * sum_wtt - sum_wt * sum_wt, 0) end',
}) %}
{%- set rows = insitu.with_columns(rows, {
    'slope': '(sum_w * sum_wte - sum_wt * sum_we) / determinant',
    'slope_size': 'abs(sum_w * sum_wte - sum_wt * sum_we) / sqrt(sum_w * abs(determinant))',
}) -%}
select
    {{ insitu.by_columns(by) }}
    effect as effect_of_day,
    standard_error as standard_error_of_day,
    slope as trend,
    2 * {{ insitu.normal_tail('slope_size') }} as trend_p_value
from {{ rows }} as sloped
{%- endmacro %}
