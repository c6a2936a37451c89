{#- A relation with one more column: the chance that chi-square of so many degrees of freedom (whole, from 1 to `most`) exceeds a
    statistic. For whole numbers it is a sum of as many terms as half of them. -#}
{% macro with_chi_square_tail(relation, name, statistic, df, most=40) %}
{%- set half, root = name ~ '_half', name ~ '_root' %}
{%- set rows = insitu.with_columns(relation, {
    half: 'cast(' ~ statistic ~ ' as double precision) / 2',
    root: 'sqrt(cast(' ~ statistic ~ ' as double precision))',
}) %}
{%- set sums = {} %}
{%- for first_df in [2, 3] %}
    {%- set terms = ['1'] %}
    {%- for further_df in range(most - most % 2 + first_df - 2, first_df, -2) %}
        {%- set below = terms.pop() %}
        {%- do terms.append(
            '(1 + case when ' ~ df ~ ' >= ' ~ further_df ~ ' then ' ~ half ~ ' / ' ~ (further_df / 2 - 1) ~ ' * ' ~ below
            ~ ' else 0 end)'
        ) %}
    {%- endfor %}
    {%- do sums.update({first_df: insitu.exponential('(-' ~ half ~ ')') ~ ' * ' ~ terms[0]}) %}
{%- endfor %}
{{- return(insitu.with_columns(rows, {
    name: 'case when ' ~ df ~ ' % 2 = 0 then ' ~ sums[2] ~ ' when ' ~ df ~ ' % 2 = 1 then 2 * ' ~ insitu.normal_tail(root)
        ~ ' + case when ' ~ df ~ ' >= 3 then ' ~ root ~ ' * 0.79788456080286535588 * ' ~ sums[3] ~ ' else 0 end end',
})) -}}
{% endmacro %}
