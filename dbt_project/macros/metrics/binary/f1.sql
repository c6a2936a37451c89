{% macro metric_f1(relation, by=[], options={}) %}
{#- Harmonic mean of precision and recall at the threshold, 2 tp / (2 tp + fp + fn). No closed-form interval. -#}
select
    {{ by_columns(by) }}
    'f1' as metric,
    2 * sum(label * flagged) / nullif(sum(label) + sum(flagged), 0) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    count(*) as n_rows
from (
    select *, case when score >= {{ options.get('threshold', 0.5) }} then 1.0 else 0.0 end as flagged
    from ({{ metric_rows(relation, by) }}) as scored
) as decided
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
