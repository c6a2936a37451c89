{#- Effects with an interval that holds at every look at once, however often somebody looks and whenever they stop: an asymptotic
    confidence sequence (Waudby-Smith et al. 2021), narrowest where both arms together have about `tuned_for` units. With it the
    p-value that goes with it: the smallest alpha at which the interval leaves out zero. From `with_effects`; `alpha` and
    `tuned_for` are columns. -#}
{% macro with_sequences(relation) %}
{%- set rows = insitu.with_columns(relation, {
    'growth': '(n_units_control + n_units) * (-2 * ln(cast(alpha as double precision)) '
        ~ '+ ln(1 - 2 * ln(cast(alpha as double precision)))) / tuned_for',
}) %}
{%- set rows = insitu.with_columns(rows, {
    'sequence_reach': 'sqrt(2 * (growth + 1) / nullif(growth, 0) * ln(sqrt(growth + 1) / alpha))',
    'sequence_power': 'case when statistic is not null then -least(abs(statistic), 1e9) * least(abs(statistic), 1e9) * growth '
        ~ '/ (2 * (growth + 1)) end',
}) %}
{{- return(insitu.with_columns(rows, {
    'sequence_lower': 'effect - sequence_reach * standard_error',
    'sequence_upper': 'effect + sequence_reach * standard_error',
    'relative_sequence_lower': 'relative_effect - sequence_reach * relative_standard_error',
    'relative_sequence_upper': 'relative_effect + sequence_reach * relative_standard_error',
    'sequence_p_value': 'case when sequence_power is not null then least(1, sqrt(growth + 1) * '
        ~ insitu.exponential('sequence_power') ~ ') end',
})) -}}
{% endmacro %}
