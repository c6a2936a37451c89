{#- Rows with their `p_value` corrected for all comparisons that share the columns `by`, as `correction` says: `holm` (the chance
    of a single false finding among them stays below alpha), `benjamini_hochberg` (of the findings, a share below alpha is false)
    or `none`. A row without a p-value is no comparison. -#}
{% macro with_corrections(relation, by) %}
{%- set rows = insitu.with_columns(relation, {
    'n_compared': 'count(p_value) over (' ~ insitu.partition_by(by) ~ ')',
    'place': 'row_number() over (' ~ insitu.partition_by(by) ~ ' order by p_value nulls last)',
}) %}
{{- return(insitu.with_columns(rows, {
    'p_value_corrected': "case when p_value is null then null when correction = 'holm' then least(1, "
        ~ 'max((n_compared - place + 1) * p_value) over (' ~ insitu.partition_by(by) ~ ' order by place)) '
        ~ "when correction = 'benjamini_hochberg' then least(1, min(n_compared * p_value / place) over ("
        ~ insitu.partition_by(by) ~ ' order by place desc)) else p_value end',
})) -}}
{% endmacro %}
