{#- The chance that a standard normal number exceeds a column that is not negative (Hart 1968, as West gave it in 2005);
    right to 1e-15, and of far tails to eight digits. -#}
{% macro normal_tail(x) -%}
(case
    when {{ x }} < 7.07106781186547 then exp(-{{ x }} * {{ x }} / 2)
        * {{ insitu.polynomial(x, [
            '3.52624965998911e-02', '0.700383064443688', '6.37396220353165', '33.912866078383', '112.079291497871',
            '221.213596169931', '220.206867912376',
        ]) }}
        / {{ insitu.polynomial(x, [
            '8.83883476483184e-02', '1.75566716318264', '16.064177579207', '86.7807322029461', '296.564248779674',
            '637.333633378831', '793.826512519948', '440.413735824752',
        ]) }}
    -- beyond, a fraction; and beyond what a double holds, nothing
    when {{ x }} < 24 then exp(-{{ x }} * {{ x }} / 2)
        / ({{ x }} + 1 / ({{ x }} + 2 / ({{ x }} + 3 / ({{ x }} + 4 / ({{ x }} + 0.65))))) / 2.506628274631
    when {{ x }} >= 24 then 0
end)
{%- endmacro %}
