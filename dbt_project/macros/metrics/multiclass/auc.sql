{#- Mean over classes of the area under the one-against-the-rest ROC curve (Provost & Domingos 2000), over the classes
    that have both kinds of rows. -#}
{% macro metric_multiclass_auc(relation, by=[], options={}) %}
select
    {{ by_columns(by) }}
    'auc' as metric,
    avg(value) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    max(n_rows) as n_rows
from ({{ metric_auc(one_against_rest(relation, by), by + ['ovr_class']) }}) as areas
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}

{#- Every class as a binary question: (by…, ovr_class, label, score). -#}
{% macro one_against_rest(relation, by=[]) -%}
(
    select
        {{ by_columns(by) }}
        class as ovr_class,
        case when label = class then 1 else 0 end as label,
        score
    from ({{ known_classes(relation, by) }}) as known
) as one_against_rest
{%- endmacro %}
