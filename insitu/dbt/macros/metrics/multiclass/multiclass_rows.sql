{#- What a multiclass metric counts, from one row per row predicted and class (by…, row_id, label, class, score). A row
    with an unknown label, or any class score missing or not finite, does not count at all. -#}
{% macro known_classes(relation, by=[]) %}
    select {{ insitu.by_columns(by) }}row_id, label, class, score
    from (
        select
            *,
            min(case when label is not null and {{ insitu.is_finite('score') }} then 1 else 0 end)
                over ({{ insitu.partition_by(by, ['row_id']) }}) as is_known
        from (
            select
                {{ insitu.by_columns(by) }}
                row_id,
                cast(label as {{ dbt.type_string() }}) as label,
                cast(class as {{ dbt.type_string() }}) as class,
                cast(score as double precision) as score
            from {{ relation }}
        ) as typed
    ) as checked
    where is_known = 1
{% endmacro %}

{#- One row per row predicted: (by…, row_id, label, predicted, confidence, label_score). `predicted` is the class of the
    highest score, on a tie the first by name. -#}
{% macro multiclass_rows(relation, by=[]) %}
    {%- set same_row = insitu.partition_by(by, ['row_id']) %}
    select
        {{ insitu.by_columns(by) }}
        row_id,
        label,
        max(case when place = 1 then class end) as predicted,
        max(score) as confidence,
        max(case when class = label then score else 0 end) as label_score
    from (
        select
            *,
            row_number() over ({{ same_row }} order by score desc, class collate "C") as place
        from ({{ insitu.known_classes(relation, by) }}) as known
    ) as placed
    {{ insitu.group_by(by, ['row_id', 'label']) }}
{% endmacro %}
