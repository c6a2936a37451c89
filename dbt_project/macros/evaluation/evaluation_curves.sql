{% macro evaluation_curves(use_case) %}
{#- The body of `<use_case>__curves`: every curve of the task, at most about 200 points each. -#}
{%- set heldout = ref(use_case ~ '__heldout_predictions') %}
{%- set options = metric_options(use_case_config(use_case)) %}
{%- set by = ['model_version', 'snapshot_id', 'split'] %}
with heldout as (
    select * from {{ heldout }}
),

final as (
    {{ union_metrics(curves_of_task(options), 'heldout', by, options, 'curve_') | indent(4) }}
)

select * from final
{% endmacro %}
