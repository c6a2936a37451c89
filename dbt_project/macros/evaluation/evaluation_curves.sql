{% macro evaluation_curves(use_case) %}
{#- The body of `<use_case>__curves`: every curve of the task, at most about 200 points each. -#}
{%- set heldout = ref(use_case ~ '__heldout_predictions') %}
{%- set config = use_case_config(use_case) %}
{%- set options = metric_options(config) %}
{%- set by = ['model_version', 'snapshot_id', 'split'] %}
with heldout as (
    select model_version, snapshot_id, split, {{ scored_columns(config) }}
    from {{ heldout }}
),

final as (
    {{ union_metrics(curves_of_task(options), 'heldout', by, options, 'curve_') | indent(4) }}
)

select * from final
{% endmacro %}

{#- The body of `<use_case>__confusion` in a multiclass task: label against most probable class. -#}
{% macro evaluation_confusion(use_case) %}
{%- set config = use_case_config(use_case) %}
with heldout as (
    select model_version, snapshot_id, split, {{ scored_columns(config) }}
    from {{ ref(use_case ~ '__heldout_predictions') }}
),

final as (
    {{ confusion('heldout', ['model_version', 'snapshot_id', 'split']) }}
)

select * from final
{% endmacro %}
