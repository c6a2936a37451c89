{% macro metric_missing_scores(relation, by=[], options={}) %}
{#- Share of the rows that no other metric counts, because score or label is NULL, NaN or infinite. -#}
select
    {{ insitu.by_columns(by) }}
    'missing_scores' as metric,
    avg(missing) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    count(*) as n_rows
from (
    select
        {{ insitu.by_columns(by) }}
        cast(case when label is not null and {{ insitu.is_finite('cast(score as double precision)') }} then 0 else 1 end
            as double precision) as missing
    from {{ relation }}
) as checked
{{ insitu.group_by(by) }}
having count(*) > 0
{% endmacro %}
