{% macro evaluation_curves(use_case, heldout=none) %}
{#- The rows of a use case in `ml_curves`: every curve of the task, at most about 200 points each; over all held-out
    predictions, or those in another relation. -#}
{%- set config = insitu.use_case_config(use_case) %}
{%- set options = insitu.metric_options(config) %}
{%- set by = ['model_version', 'snapshot_id', 'split'] %}
with heldout as (
    select model_version, snapshot_id, split, {{ insitu.scored_columns(config) }}
    from {{ heldout or insitu.use_case_ref(use_case, 'heldout_predictions') }}
),

final as (
    {{ insitu.union_metrics(insitu.curves_of_task(options), 'heldout', by, options, 'curve_') | indent(4) }}
)

select * from final
{% endmacro %}

{#- The rows of a multiclass use case in `ml_confusion`: label against most probable class; over all held-out predictions, or
    those in another relation. -#}
{% macro evaluation_confusion(use_case, heldout=none) %}
{%- set config = insitu.use_case_config(use_case) %}
with heldout as (
    select model_version, snapshot_id, split, {{ insitu.scored_columns(config) }}
    from {{ heldout or insitu.use_case_ref(use_case, 'heldout_predictions') }}
),

final as (
    {{ insitu.confusion('heldout', ['model_version', 'snapshot_id', 'split']) }}
)

select * from final
{% endmacro %}
