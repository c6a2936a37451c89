{#- The drift of every feature of a use case, per batch, against what its model was trained on: (batch_id,
    model_version, feature, metric, value, usual, n_rows). `usual` is what 95 of 100 single days of the test split
    reach: a day never looks like a year, and an alert should know by how much. `batches` names a relation with the
    batches to look at. The reference is the training split. Both sides are thinned to `rows` rows, evenly over time and
    always the same ones: more would not move ten bins. -#}
{% macro feature_drift(use_case, batches, rows=10000) -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
{%- set snapshots = insitu.use_case_ref(use_case, 'snapshots') -%}
{%- set models = insitu.use_case_ref(use_case, 'models') -%}
{%- set predictions = insitu.use_case_ref(use_case, 'predictions') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set keys = config.key -%}
{%- set quoted_keys = insitu.by_columns(keys) | trim | trim(',') -%}
{%- set columns = insitu.feature_columns(use_case) -%}
{%- set time = insitu.identifier(config.as_of) -%}
{#- rows, their batch, their day: a day of the test split stands for a batch without a name -#}
{%- set no_day = "cast('1970-01-01' as date)" -%}
{%- set parts = [
    ('scored', 'batch_id', no_day), ('trained', "''", no_day), ('tested', "''", 'cast(' ~ time ~ ' as date)'),
] -%}
with scored_keys as (
    select batch_id, model_version, {{ quoted_keys }}
    from {{ predictions }}
    where batch_id in (select batch_id from {{ batches }})
),

{%- for relation, split in [('trained', 'train'), ('tested', 'test')] %}

{{ relation }}_keys as (
    select models.model_version, snapshots.snapshot_id, {{ insitu.by_columns(keys, 'snapshots.') | trim | trim(',') }}
    from {{ insitu.rows_of(snapshots) }} as snapshots
    inner join (select model_version, snapshot_id from {{ models }}) as models
        on snapshots.snapshot_id = models.snapshot_id
    where snapshots.split = '{{ split }}' and models.model_version in (select model_version from scored_keys)
),
{%- endfor %}

{%- for relation, group, rows_of, joined in [
    ('scored', ['model_version', 'batch_id'], features, keys),
    ('trained', ['model_version'], snapshots, ['snapshot_id'] + keys),
    ('tested', ['model_version'], snapshots, ['snapshot_id'] + keys),
] %}

{#- Keys are thinned before the wide rows are fetched. #}
{{ relation }} as (
    select {{ insitu.by_columns(group, 'thinned.') }}wide.*
    from (
        select
            *,
            row_number() over (
                {{ insitu.partition_by(group) }}
                order by {% for key in keys | reverse %}{{ insitu.identifier(key) }}{{ ', ' if not loop.last }}{% endfor %}
            ) as position,
            count(*) over ({{ insitu.partition_by(group) }}) as total
        from {{ relation }}_keys
    ) as thinned
    inner join {{ insitu.rows_of(rows_of) }} as wide on {{ insitu.join_on('thinned', 'wide', joined) }}
    where thinned.total <= {{ rows }} or {{ insitu.keep_point('(thinned.position - 1.0)', '1', 'thinned.total', rows) }}
),
{%- endfor %}

{%- for kind, type in [('numeric', 'double precision'), ('categorical', dbt.type_string())] %}
{%- set names = columns.items() | selectattr(1, 'equalto', kind) | map(attribute=0) | list %}
{%- for relation, batch, day in parts %}

{{ relation }}_{{ kind }} as (
    {{ insitu.unpivoted_features(relation, names, type, batch, day) | indent(4) }}
),
{%- endfor %}

newer_{{ kind }} as (
    select * from scored_{{ kind }}
    union all
    select * from tested_{{ kind }}
),
{%- endfor %}

measured as (
    {%- for kind in ['numeric', 'categorical'] %}
    {%- for measure in insitu.drift_measures(kind) %}
    select * from (
        {{ insitu.macro_named('drift_' ~ measure)(
            'trained_' ~ kind, 'newer_' ~ kind, ['model_version', 'feature'], ['batch_id', 'test_day'], kind
        ) | indent(8) }}
    ) as {{ measure }}_{{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

usual as (
    {{ insitu.usual_drift('measured', ['model_version', 'feature']) | indent(4) }}
),

used as (
    {{ insitu.features_used(use_case) | indent(4) }}
),

final as (
    select
        measured.batch_id,
        measured.model_version,
        measured.feature,
        measured.metric,
        measured.value,
        usual.value as usual,
        measured.n_rows
    from measured
    left join usual
        on {{ insitu.join_on('measured', 'usual', ['model_version', 'feature', 'metric']) }}
    left join used
        on measured.model_version = used.model_version and measured.feature = used.feature
    where measured.batch_id <> ''
        -- a feature that came later than the model; one that lists none is compared in all
        and (used.feature is not null or measured.model_version not in (select model_version from used))
)

select * from final
{%- endmacro %}
