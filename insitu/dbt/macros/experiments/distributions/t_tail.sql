{#- A relation with one more column: the chance that Student's t of so many degrees of freedom (1 or more, also fractions) is
    as far from 0, on either side, as a statistic. Ten terms of the recurrence of the incomplete beta function lead to
    twenty degrees more, where Hill's expansion (1970, algorithm 395) takes over; right to 1e-10. -#}
{% macro with_t_tail(relation, name, statistic, df) %}
{%- set u, a, x, log, y, z, first = [
    name ~ '_u', name ~ '_a', name ~ '_x', name ~ '_log', name ~ '_y', name ~ '_z', name ~ '_first'
] %}
{#- A statistic beyond any table is as good as any other, and its square stays a double. Of ln(1 + u) the first terms keep the
    digits that 1 + u loses where u is small. -#}
{%- set rows = insitu.with_columns(relation, {
    u: 'case when ' ~ statistic ~ ' is not null then least(abs(' ~ statistic ~ '), 1e100) * least(abs(' ~ statistic
        ~ '), 1e100) / ' ~ df ~ ' end',
    a: df ~ ' / 2.0',
}) %}
{%- set rows = insitu.with_columns(rows, {
    x: '1 / (1 + ' ~ u ~ ')',
    log: 'case when ' ~ u ~ ' < 1e-4 then ' ~ u ~ ' * (1 - ' ~ u ~ ' * (0.5 - ' ~ u ~ ' * (1 / 3.0 - ' ~ u
        ~ ' / 4))) else ln(1 + ' ~ u ~ ') end',
}) %}
{%- set rows = insitu.with_columns(rows, {
    y: '(' ~ df ~ ' + 19.5) * ' ~ log,
    first: insitu.exponential('(-' ~ a ~ ' * ' ~ log ~ ')') ~ ' * sqrt(' ~ u ~ ' * ' ~ x ~ ') / (' ~ a
        ~ ' * 1.7724538509055160273) * ' ~ insitu.gamma_half_step(a),
}) %}
{%- set rows = insitu.with_columns(rows, {
    z: '((' ~ insitu.polynomial(y, ['-0.4', '-3.3', '-24.0', '-85.5']) ~ ' / (0.8 * ' ~ y ~ ' * ' ~ y
        ~ ' + 100 + 48 * (' ~ df ~ ' + 19.5) * (' ~ df ~ ' + 19.5)) + ' ~ y ~ ' + 3) / (48 * (' ~ df ~ ' + 19.5) * (' ~ df
        ~ ' + 19.5)) + 1) * sqrt(' ~ y ~ ')',
}) %}
{%- set terms = ['1'] %}
{%- for k in range(9, 0, -1) %}
    {%- set below = terms.pop() %}
    {%- do terms.append(
        '(1 + ' ~ x ~ ' * (' ~ a ~ ' + ' ~ (k - 0.5) ~ ') / (' ~ a ~ ' + ' ~ k ~ ') * ' ~ below ~ ')'
    ) %}
{%- endfor %}
{{- return(insitu.with_columns(rows, {name: first ~ ' * ' ~ terms[0] ~ ' + 2 * ' ~ insitu.normal_tail(z)})) -}}
{% endmacro %}
