{#- Comparisons with the effect of each variant, absolute and as a share of the control's value (its size, so that the sign is
    that of the effect), the standard error of both, Welch's degrees of freedom, and `statistic`, the effect in standard errors.
    From `compared_arms`. An arm without any spread is not known to have none: it is taken to stray as the other one does.
    Where neither strays, or one has less than two units, there is no standard error. -#}
{% macro with_effects(relation) %}
{%- set rows = insitu.with_columns(relation, {
    'effect': 'value - value_control',
    'error_control': 'case when variance_control = 0 then sqrt(variance * n_units / nullif(n_units_control, 0)) else sqrt(variance_control) end',
    'error_variant': 'case when variance = 0 then sqrt(variance_control * n_units_control / nullif(n_units, 0)) else sqrt(variance) end',
    'part_control': 'variance_control / nullif(variance_control + variance, 0)',
}) %}
{%- set rows = insitu.with_columns(rows, {
    'standard_error': 'case when n_units_control > 1 and n_units > 1 '
        ~ 'then nullif(sqrt(error_control * error_control + error_variant * error_variant), 0) end',
    'base': 'case when abs(value_control) > 1e-9 * coalesce(error_control, 0) and abs(value_control) > 1e-100 then abs(value_control) end',
    'df': '1 / nullif(' ~ insitu.squared('part_control') ~ ' / nullif(n_units_control - 1, 0) + '
        ~ insitu.squared('(1 - part_control)') ~ ' / nullif(n_units - 1, 0), 0)',
}) %}
{{- return(insitu.with_columns(rows, {
    'relative_effect': 'effect / base',
    'relative_standard_error': 'case when standard_error is not null then sqrt(error_variant * error_variant '
        ~ '+ error_control * error_control * (value / base) * (value / base)) / base end',
    'statistic': 'effect / standard_error',
})) -}}
{% endmacro %}
