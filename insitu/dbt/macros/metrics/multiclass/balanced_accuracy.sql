{#- Mean over the labels' classes of the share found (recall). Interval: the normal one, the classes' rows being
    apart. -#}
{% macro metric_multiclass_balanced_accuracy(relation, by=[], options={}) %}
with recalls as (
    select *, tp / nullif(labelled, 0) as recall
    from ({{ insitu.class_counts(relation, by) }}) as classes
),

grouped as (
    select
        {{ insitu.by_columns(by) }}
        avg(recall) as value,
        sqrt(sum(recall * (1 - recall) / nullif(labelled, 0))) / count(recall) as standard_error,
        cast(sum(labelled) as bigint) as n_rows
    from recalls
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

{{ insitu.normal_interval('balanced_accuracy', 'grouped', by, 0, 1) }}
{% endmacro %}
