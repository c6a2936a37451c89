{#- Effects with their two-sided p-value and interval at the level 1 - `alpha`, a column, for somebody who looks once. By
    Student's t for means and ratios, by the normal distribution for proportions and quantiles (`kind`). From
    `with_effects`. -#}
{% macro with_intervals(relation) %}
{%- set rows = insitu.with_t_tail(relation, 't_chance', 'statistic', 'df') %}
{%- set rows = insitu.with_t_quantile(rows, 't_reach', 'alpha', 'df') %}
{%- set rows = insitu.with_columns(rows, {'size': 'abs(statistic)', 'outside': '1 - cast(alpha as double precision) / 2'}) %}
{%- set rows = insitu.with_normal_quantile(rows, 'z_reach', 'outside') %}
{%- set rows = insitu.with_columns(rows, {
    'p_value': "case when statistic is not null then least(1, case when kind in ('mean', 'ratio') then t_chance else 2 * "
        ~ insitu.normal_tail('size') ~ ' end) end',
    'reach': "case when kind in ('mean', 'ratio') then t_reach else z_reach end",
}) %}
{{- return(insitu.with_columns(rows, {
    'lower': 'effect - reach * standard_error',
    'upper': 'effect + reach * standard_error',
    'relative_lower': 'relative_effect - reach * relative_standard_error',
    'relative_upper': 'relative_effect + reach * relative_standard_error',
})) -}}
{% endmacro %}
