{#- The drift of every feature of a use case, per batch, against what its model was trained on: (batch_id,
    model_version, feature, metric, value, n_rows). `batches` names a relation with the batches to look at. The
    reference is the training split. Both sides are thinned to `rows` rows, evenly over time and always the same ones:
    more would not move ten bins. -#}
{% macro feature_drift(use_case, batches, rows=20000) -%}
{%- set features = ref(use_case ~ '__features') -%}
{%- set snapshots = ref(use_case ~ '__snapshots') -%}
{%- set models = ref(use_case ~ '__models') -%}
{%- set predictions = ref(use_case ~ '__predictions') -%}
{%- set config = use_case_config(use_case) -%}
{%- set keys = key_columns(config) -%}
{%- set columns = feature_columns(use_case) -%}
with scored_rows as (
    select predictions.batch_id, predictions.model_version, features.*
    from {{ predictions }} as predictions
    inner join {{ features }} as features on {{ join_on('predictions', 'features', keys) }}
    where predictions.batch_id in (select batch_id from {{ batches }})
),

trained_rows as (
    select models.model_version, snapshots.*
    from {{ snapshots }} as snapshots
    inner join (select model_version, snapshot_id from {{ models }}) as models
        on snapshots.snapshot_id = models.snapshot_id
    where snapshots.split = 'train' and models.model_version in (select model_version from scored_rows)
)

{%- for relation, group in [('scored', 'model_version, batch_id'), ('trained', 'model_version')] %},

{{ relation }} as (
    select *
    from (
        select
            *,
            row_number() over (partition by {{ group }} order by {% for key in keys | reverse %}{{ adapter.quote(key) }}{{ ', ' if not loop.last }}{% endfor %}) as position,
            count(*) over (partition by {{ group }}) as total
        from {{ relation }}_rows
    ) as numbered
    where total <= {{ rows }} or {{ keep_point('(position - 1.0)', '1', 'total', rows) }}
)
{%- endfor %}

{%- for kind, type in [('numeric', 'double precision'), ('categorical', dbt.type_string())] %}
{%- set names = columns.items() | selectattr(1, 'equalto', kind) | map(attribute=0) | list %}
{%- for relation, group in [('trained', 'model_version'), ('scored', 'model_version, batch_id')] %},

{{ relation }}_{{ kind }} as (
    {%- for name in names %}
    select {{ group }}, '{{ name }}' as feature, cast({{ adapter.quote(name) }} as {{ type }}) as value from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select {{ group }}, '' as feature, cast(null as {{ type }}) as value from {{ relation }} where 1 = 0
    {%- endfor %}
)
{%- endfor %}
{%- endfor %},

final as (
    {%- for kind in ['numeric', 'categorical'] %}
    {%- for measure in ['psi', 'missing_share'] %}
    select batch_id, model_version, feature, metric, value, n_rows
    from (
        {{ context['drift_' ~ measure]('trained_' ~ kind, 'scored_' ~ kind, ['model_version', 'feature'], ['batch_id'], kind) | indent(8) }}
    ) as {{ measure }}_{{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
{%- endmacro %}
