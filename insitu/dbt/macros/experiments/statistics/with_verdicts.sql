{#- Effects with a verdict by their confidence sequence, so that it may be read every day: `harmful` when the variant is worse by
    more than `margin`, `better` when it is better at all, `unclear` while neither is sure, `no data` without a standard error.
    `is_not_worse` says of a guardrail that it holds: what the variant may lose is less than the margin. The columns `better`
    (higher or lower) and `margin` are those of the metric. -#}
{% macro with_verdicts(relation) %}
{%- set rows = insitu.with_columns(relation, {
    'gain_low': "case when better = 'lower' then -sequence_upper else sequence_lower end",
    'gain_high': "case when better = 'lower' then -sequence_lower else sequence_upper end",
}) %}
{{- return(insitu.with_columns(rows, {
    'is_not_worse': 'gain_low > -margin',
    'verdict': "case when gain_low is null then 'no data' when gain_high < -margin then 'harmful' "
        ~ "when gain_low > 0 then 'better' else 'unclear' end",
})) -}}
{% endmacro %}
