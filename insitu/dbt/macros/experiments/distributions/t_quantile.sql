{#- A relation with one more column: what Student's t of so many degrees of freedom (1 or more, also fractions) exceeds on
    either side with a chance of at most 0.2, which is a column. Hill's approximation (1970, algorithm 396), and three steps of
    Newton's method with its second-order term (`with_t_tail`); right to 1e-10. -#}
{% macro with_t_quantile(relation, name, chance, df) %}
{%- set p, n = chance, df %}
{%- set a, b, c, d, y, x, half = [
    name ~ '_a', name ~ '_b', name ~ '_c', name ~ '_d', name ~ '_y', name ~ '_x', name ~ '_half'
] %}
{%- set rows = insitu.with_columns(relation, {
    a: '1 / (' ~ n ~ ' - 0.5)',
    b: '48 * (' ~ n ~ ' - 0.5) * (' ~ n ~ ' - 0.5)',
    half: 'cast(' ~ p ~ ' as double precision) / 2',
}) %}
{%- set rows = insitu.with_columns(rows, {
    c: '((20700 * ' ~ a ~ ' / ' ~ b ~ ' - 98) * ' ~ a ~ ' - 16) * ' ~ a ~ ' + 96.36',
}) %}
{%- set rows = insitu.with_columns(rows, {
    d: '((94.5 / (' ~ b ~ ' + ' ~ c ~ ') - 3) / ' ~ b ~ ' + 1) * sqrt(' ~ a ~ ' * 1.5707963267948966) * ' ~ n,
}) %}
{%- set rows = insitu.with_columns(rows, {y: 'power(' ~ d ~ ' * ' ~ p ~ ', 2 / cast(' ~ n ~ ' as double precision))'}) %}
{%- set rows = insitu.with_normal_quantile(rows, x, half) %}
{%- set c_near = c ~ '_near' %}
{%- set rows = insitu.with_columns(rows, {
    c_near: insitu.polynomial(x, ['0.05 * ' ~ d, '-5.0', '-7.0', '-2.0']) ~ ' * ' ~ x ~ ' + ' ~ b ~ ' + ' ~ c
        ~ ' + case when ' ~ n ~ ' < 5 then 0.3 * (' ~ n ~ ' - 4.5) * (' ~ x ~ ' + 0.6) else 0 end',
    x ~ '_square': x ~ ' * ' ~ x,
}) %}
{%- set near, square = name ~ '_near', x ~ '_square' %}
{%- set rows = insitu.with_columns(rows, {
    near: '((' ~ insitu.polynomial(square, ['0.4', '6.3', '36.0', '94.5']) ~ ' / ' ~ c_near ~ ' - ' ~ square ~ ' - 3) / '
        ~ b ~ ' + 1) * ' ~ x,
}) %}
{%- set rows = insitu.with_columns(rows, {near ~ '_power': a ~ ' * ' ~ near ~ ' * ' ~ near}) %}
{%- set guess = name ~ '_0' %}
{%- set rows = insitu.with_columns(rows, {
    guess: 'sqrt(' ~ n ~ ' * case when ' ~ y ~ ' > 0.05 + ' ~ a ~ ' then case when ' ~ near ~ '_power > 0.002 then exp(least('
        ~ near ~ '_power, 300)) - 1 else (0.5 * ' ~ near ~ '_power + 1) * ' ~ near ~ '_power end else ((1 / (((' ~ n
        ~ ' + 6) / (' ~ n ~ ' * ' ~ y ~ ') - 0.089 * ' ~ d ~ ' - 0.822) * (' ~ n ~ ' + 2) * 3) + 0.5 / (' ~ n ~ ' + 4)) * '
        ~ y ~ ' - 1) * (' ~ n ~ ' + 1) / (' ~ n ~ ' + 2) + 1 / ' ~ y ~ ' end)',
}) %}
{%- set found = [rows] %}
{%- for step in range(1, 4) %}
    {%- set before, tail, off = name ~ '_' ~ (step - 1), name ~ '_tail_' ~ step, name ~ '_off_' ~ step %}
    {%- set rows = insitu.with_t_tail(found.pop(), tail, before, n) %}
    {%- set rows = insitu.with_columns(rows, {
        off: '(' ~ tail ~ ' - ' ~ p ~ ') / (2 * ' ~ insitu.gamma_half_step(tail ~ '_a') ~ ' / sqrt(' ~ n
            ~ ' * 3.14159265358979323846) * ' ~ insitu.exponential('(-(' ~ tail ~ '_a + 0.5) * ' ~ tail ~ '_log)') ~ ')',
    }) %}
    {%- do found.append(insitu.with_columns(rows, {
        (name if step == 3 else name ~ '_' ~ step): before ~ ' + ' ~ off ~ ' * (1 + ' ~ off ~ ' * ' ~ before ~ ' * (' ~ n
            ~ ' + 1) / (2 * (' ~ before ~ ' * ' ~ before ~ ' + ' ~ n ~ ')))',
    })) %}
{%- endfor %}
{{- return(found[0]) -}}
{% endmacro %}
