{% macro evaluation_metrics(use_case) %}
{#- The body of `<use_case>__metrics`: every metric of the task, overall and by slice. -#}
{%- set heldout = ref(use_case ~ '__heldout_predictions') %}
{%- set snapshots = ref(use_case ~ '__snapshots') %}
{%- set config = use_case_config(use_case) %}
{%- set options = metric_options(config) %}
{%- set keys = ['snapshot_id'] + config.get('entity', []) + ['as_of'] %}
{%- set by = ['model_version', 'snapshot_id', 'split', 'slice_column', 'slice_value'] %}
with heldout as (
    select * from {{ heldout }}
),

snapshots as (
    select * from {{ snapshots }}
),

sliced as (
    select model_version, snapshot_id, split, 'all' as slice_column, 'all' as slice_value, label, score
    from heldout
    {%- for column in config.get('slices', []) %}
    union all
    select
        heldout.model_version, heldout.snapshot_id, heldout.split,
        '{{ column }}' as slice_column,
        coalesce(cast(snapshots.{{ adapter.quote(column) }} as {{ dbt.type_string() }}), '(missing)') as slice_value,
        heldout.label, heldout.score
    from heldout
    inner join snapshots on {% for key in keys %}heldout.{{ adapter.quote(key) }} = snapshots.{{ adapter.quote(key) }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- endfor %}
),

final as (
    {{ union_metrics(metrics_of_task(options), 'sliced', by, options) | indent(4) }}
)

select * from final
{% endmacro %}
