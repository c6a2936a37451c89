{#- The confusion table: (by…, label, predicted, n_rows, share), share being of the rows with this label. Pairs that
    never occurred have no row. -#}
{% macro confusion(relation, by=[]) %}
    select
        {{ insitu.by_columns(by) }}
        label,
        predicted,
        count(*) as n_rows,
        cast(count(*) as double precision) / sum(count(*)) over ({{ insitu.partition_by(by, ['label']) }}) as share
    from ({{ insitu.multiclass_rows(relation, by) }}) as counted
    {{ insitu.group_by(by, ['label', 'predicted']) }}
{% endmacro %}
