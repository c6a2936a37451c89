{#- Mean over the labels' classes of the share found (recall). -#}
{% macro metric_multiclass_balanced_accuracy(relation, by=[], options={}) %}
select
    {{ by_columns(by) }}
    'balanced_accuracy' as metric,
    avg(tp / nullif(labelled, 0)) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(sum(labelled) as bigint) as n_rows
from ({{ class_counts(relation, by) }}) as classes
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
