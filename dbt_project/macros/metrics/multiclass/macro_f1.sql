{#- Mean over classes of 2 tp / (labelled + predicted): every class weighs the same. -#}
{% macro metric_multiclass_macro_f1(relation, by=[], options={}) %}
select
    {{ by_columns(by) }}
    'macro_f1' as metric,
    avg(2 * tp / (labelled + predicted)) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(sum(labelled) as bigint) as n_rows
from ({{ class_counts(relation, by) }}) as classes
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
