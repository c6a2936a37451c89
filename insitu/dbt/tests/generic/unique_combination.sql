{#- The columns together identify a row. -#}
{% test unique_combination(model, columns) %}
{%- set key = insitu.quoted(insitu.own_names(columns, model)) | join(', ') %}
select {{ key }}, count(*) as n_rows
from {{ model }}
group by {{ key }}
having count(*) > 1
{% endtest %}
