{#- All that a look says of `asked` comparisons, from their arms: effects, intervals, sequences, verdicts, power, and p-values
    corrected as the experiment declares, over its primary and secondary metrics and their variants, and over the slices of each
    metric. What guards is not corrected: that would hide harm. -#}
{% macro effects_of_arms(asked, arms, by) %}
{%- set rows = insitu.with_effects('(' ~ insitu.compared_arms(asked, arms, by) ~ ')') %}
{%- set rows = insitu.with_sequences(insitu.with_intervals(rows)) %}
{%- set rows = insitu.with_power(insitu.with_verdicts(rows)) %}
{%- set rows = insitu.with_columns(rows, {
    'family': "case when slice_column <> '' then 'slices of ' || metric when role in ('primary', 'secondary') then 'metrics' "
        ~ "else 'guard ' || metric || ' ' || variant end",
}) %}
{{- return(insitu.with_corrections(rows, ['experiment', 'day', 'family'])) -}}
{% endmacro %}


{#- What `compared_arms` reads of an arm. -#}
{% macro estimate_columns() %}
    {{- return(['estimate', 'spread', 'scale', 'mean_covariate', 'covariate_weight', 'spread_covariate', 'spread_both']) -}}
{% endmacro %}
