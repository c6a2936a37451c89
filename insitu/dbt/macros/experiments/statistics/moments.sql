{#- What a comparison needs to know of the units of an arm: how many they are, and the sums of four quantities and of their
    products in pairs. `num` is the numerator and `den` the denominator of the metric (1 for a mean), `cov` the covariate, `one`
    is 1 where there is one. Sums add up over days and steps; a weight w makes of a sum w times, of a product w² times as much. -#}
{% macro moments() %}
    {%- set names, found = ['num', 'den', 'cov', 'one'], [] -%}
    {%- for name in names -%}{%- do found.append([name]) -%}{%- endfor -%}
    {%- for first in names -%}
        {%- for second in names[loop.index0:] -%}{%- do found.append([first, second]) -%}{%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- The sums of `moments` as columns of a select list, from rows with `numerator`, `denominator`, `covariate`, which are counted
    from `middle` and `covariate_middle`, so that a large mean takes no digits from a small spread, and `sign`: 1 for a unit
    that comes to it, -1 for one that goes. -#}
{% macro moments_of_units() -%}
{%- set quantity = {
    'num': '(numerator - middle * denominator)',
    'den': 'denominator',
    'cov': '(case when ' ~ insitu.is_finite('covariate') ~ ' then covariate - covariate_middle else 0 end)',
    'one': '(case when ' ~ insitu.is_finite('covariate') ~ ' then 1.0 else 0.0 end)',
} -%}
cast(sum(sign) as bigint) as n_units
{%- for factors in insitu.moments() %},
sum(sign{% for factor in factors %} * {{ quantity[factor] }}{% endfor %}) as {{ factors | join('_') }}
{%- endfor %}
{%- endmacro %}


{#- The moments of a relation, summed as a select list; `weight` names a column, `window` a window to sum over. -#}
{% macro summed_moments(weight=none, window=none) -%}
{%- set over = ' over ' ~ window if window else '' -%}
cast(sum(n_units){{ over }} as bigint) as n_units
{%- for factors in insitu.moments() %},
sum({% for factor in factors if weight %}{{ weight }} * {% endfor %}{{ factors | join('_') }}){{ over }} as {{ factors | join('_') }}
{%- endfor %}
{%- endmacro %}
