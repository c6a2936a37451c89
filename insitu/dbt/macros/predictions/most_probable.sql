{#- A relation of scores with one row per row predicted: in a multiclass task, that of the most probable class (on a tie the
    first by name); otherwise the relation itself. `keys` identify a row predicted. -#}
{% macro most_probable(use_case, relation, keys) -%}
{%- if insitu.use_case_config(use_case).get('task') == 'multiclass' -%}
(
        select *
        from (
            select
                *,
                row_number() over ({{ insitu.partition_by(keys) }} order by score desc, class collate "C") as class_place
            from {{ relation }}
        ) as placed
        where class_place = 1
    )
{%- else -%}
{{ insitu.rows_of(relation) }}
{%- endif -%}
{%- endmacro %}
