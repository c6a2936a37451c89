{#- Per class that is a label or was predicted: (by…, class, tp, labelled, predicted, n_rows). -#}
{% macro class_counts(relation, by=[]) %}
    select
        {{ insitu.by_columns(by) }}
        class,
        cast(sum(is_label * is_predicted) as double precision) as tp,
        cast(sum(is_label) as double precision) as labelled,
        cast(sum(is_predicted) as double precision) as predicted
    from (
        select
            {{ insitu.by_columns(by) }}
            label as class,
            1 as is_label,
            case when predicted = label then 1 else 0 end as is_predicted
        from ({{ insitu.multiclass_rows(relation, by) }}) as as_label
        union all
        select {{ insitu.by_columns(by) }}predicted as class, 0 as is_label, 1 as is_predicted
        from ({{ insitu.multiclass_rows(relation, by) }}) as as_predicted
        where predicted <> label
    ) as seen
    {{ insitu.group_by(by, ['class']) }}
{% endmacro %}
