{% macro drift_scale(reference, current, by=[], over=[], kind='numeric', options={}) %}
{#- By what factor all of `current` is larger than `reference`: the geometric mean of the ratios of their 10, 25, 50, 75 and 90 %
    quantiles, where these agree within a fifth. NULL where they do not, or a quantile is 0 or changes its sign: then it is no
    matter of units. -#}
{%- set quantiles = [0.1, 0.25, 0.5, 0.75, 0.9] %}
with
{%- for side, relation, groups in [('reference', reference, by), ('current', current, by + over)] %}
{{ side }}_quantiles as (
    select
        {{ insitu.by_columns(groups) }}
        percentile_cont(array{{ quantiles }}) within group (order by value) as quantiles,
        count(*) as n_rows
    from {{ relation }}
    where {{ insitu.is_finite('value') }}
    {{ insitu.group_by(groups) }}
    having count(*) > 0
){{ ',' if not loop.last }}
{%- endfor %},

ratios as (
    select
        {{ insitu.by_columns(by + over, 'current_quantiles.') }}
        current_quantiles.n_rows,
        {%- for quantile in quantiles %}
        {%- set ratio = 'current_quantiles.quantiles[' ~ loop.index ~ '] / nullif(reference_quantiles.quantiles[' ~ loop.index ~ '], 0)' %}
        case when {{ ratio }} > 0 then ln({{ ratio }}) end as r{{ loop.index }}{{ ',' if not loop.last }}
        {%- endfor %}
    from current_quantiles
    inner join reference_quantiles on {{ insitu.join_on('current_quantiles', 'reference_quantiles', by) }}
)

select
    {{ insitu.by_columns(by + over) }}
    'scale' as metric,
    -- a sum with a NULL is NULL, which greatest and least would overlook
    case
        when greatest(r1, r2, r3, r4, r5) - least(r1, r2, r3, r4, r5) <= ln(1.2) then exp((r1 + r2 + r3 + r4 + r5) / 5)
    end as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    n_rows
from ratios
{% endmacro %}
