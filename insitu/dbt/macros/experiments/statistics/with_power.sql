{#- Effects with what the units so far can show: `detectable_effect`, the size that a single look finds in `power` of all cases,
    and, where the metric says which effect matters (`minimum_effect`), `n_units_needed` of both arms until that is it. From
    `with_intervals`. -#}
{% macro with_power(relation) %}
{%- set rows = insitu.with_normal_quantile(relation, 'z_power', 'power') %}
{%- set rows = insitu.with_columns(rows, {'detectable_effect': '(reach + z_power) * standard_error'}) %}
{{- return(insitu.with_columns(rows, {
    'n_units_needed': 'ceil((n_units_control + n_units) * (detectable_effect / minimum_effect) * (detectable_effect / minimum_effect))',
})) -}}
{% endmacro %}
