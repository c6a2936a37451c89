{#- Share of rows whose most probable class is the label. -#}
{% macro metric_multiclass_accuracy(relation, by=[], options={}) %}
{{ insitu.share_metric('accuracy', 'label', '1', insitu.multiclass_hits(relation, by), by) }}
{% endmacro %}

{#- The binary question in a multiclass one: was the most probable class right (label), and how sure was it (score)? -#}
{% macro multiclass_hits(relation, by=[]) -%}
(
    select
        {{ insitu.by_columns(by) }}
        case when predicted = label then 1 else 0 end as label,
        confidence as score
    from ({{ insitu.multiclass_rows(relation, by) }}) as counted
) as hits
{%- endmacro %}
