{#- Share of the rows that no other metric counts: label unknown, or any class's score NULL, NaN or infinite. -#}
{% macro metric_multiclass_missing_scores(relation, by=[], options={}) %}
{%- set known = 'label is not null and ' ~ insitu.is_finite('cast(score as double precision)') %}
{%- set one_row_each -%}
(
    select
        {{ insitu.by_columns(by) }}
        1 as label,
        case when min(case when {{ known }} then 1 else 0 end) = 1 then 1.0 end as score
    from {{ relation }}
    {{ insitu.group_by(by, ['row_id']) }}
) as one_row_each
{%- endset %}
{{ insitu.metric_missing_scores(one_row_each, by, options) }}
{% endmacro %}
