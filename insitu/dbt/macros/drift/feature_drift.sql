{#- The drift of every feature of a use case against what its model was trained on: (model_version, period, feature, metric,
    value, n_rows). `of` says what is compared: `batches`, those in the relation `wanted` (batch_id), whose names are the
    periods; or `heldout`, the stable periods of the test split of the versions in `wanted` (model_version), by their beginning.
    The reference is the training split. Rows are thinned, evenly over time and always the same ones: 10,000 of training, 2,000
    of a period; more would not move ten bins. -#}
{% macro feature_drift(use_case, wanted, of='batches') -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
{%- set snapshots = insitu.use_case_ref(use_case, 'snapshots') -%}
{%- set models = insitu.use_case_ref(use_case, 'models') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set keys = config.key -%}
{%- set columns = insitu.feature_columns(use_case) -%}
{%- set time = insitu.identifier(config.as_of) -%}
with newer_keys as (
    {%- if of == 'batches' %}
    select model_version, batch_id as period, {{ insitu.by_columns(keys) | trim | trim(',') }}
    from {{ insitu.use_case_ref(use_case, 'predictions') }}
    where batch_id in (select batch_id from {{ wanted }})
    {%- else %}
    select
        models.model_version,
        cast({{ insitu.scoring_period(use_case, 'snapshots.' ~ time) }} as {{ dbt.type_string() }}) as period,
        snapshots.snapshot_id,
        {{ insitu.by_columns(keys, 'snapshots.') | trim | trim(',') }}
    from {{ insitu.rows_of(snapshots) }} as snapshots
    inner join (select model_version, snapshot_id from {{ models }}) as models
        on snapshots.snapshot_id = models.snapshot_id
    where snapshots.split = 'test' and models.model_version in (select model_version from {{ wanted }})
    {%- endif %}
),

trained_keys as (
    select models.model_version, '' as period, snapshots.snapshot_id, {{ insitu.by_columns(keys, 'snapshots.') | trim | trim(',') }}
    from {{ insitu.rows_of(snapshots) }} as snapshots
    inner join (select model_version, snapshot_id from {{ models }}) as models
        on snapshots.snapshot_id = models.snapshot_id
    where snapshots.split = 'train' and models.model_version in (select model_version from newer_keys)
),

{%- for relation, rows_of, joined, rows in [
    ('newer', features if of == 'batches' else snapshots, keys if of == 'batches' else ['snapshot_id'] + keys, 2000),
    ('trained', snapshots, ['snapshot_id'] + keys, 10000),
] %}

{#- Keys are thinned before the wide rows are fetched. #}
{{ relation }} as (
    select thinned.model_version, thinned.period, wide.*
    from (
        select
            *,
            row_number() over (
                partition by model_version, period
                order by {% for key in keys | reverse %}{{ insitu.identifier(key) }}{{ ', ' if not loop.last }}{% endfor %}
            ) as position,
            count(*) over (partition by model_version, period) as total
        from {{ relation }}_keys
    ) as thinned
    inner join {{ insitu.rows_of(rows_of) }} as wide on {{ insitu.join_on('thinned', 'wide', joined) }}
    where thinned.total <= {{ rows }} or {{ insitu.keep_point('(thinned.position - 1.0)', '1', 'thinned.total', rows) }}
),

{%- for kind, type in [('numeric', 'double precision'), ('categorical', dbt.type_string())] %}
{%- set names = columns.items() | selectattr(1, 'equalto', kind) | map(attribute=0) | list %}

{{ relation }}_{{ kind }} as (
    {{ insitu.unpivoted_features(relation, names, type) | indent(4) }}
),
{%- endfor %}
{%- endfor %}

measured as (
    {%- for kind in ['numeric', 'categorical'] %}
    {%- for measure in insitu.drift_measures(kind) %}
    select * from (
        {{ insitu.macro_named('drift_' ~ measure)(
            'trained_' ~ kind, 'newer_' ~ kind, ['model_version', 'feature'], ['period'], kind
        ) | indent(8) }}
    ) as {{ measure }}_{{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

used as (
    {{ insitu.features_used(use_case) | indent(4) }}
),

final as (
    select
        measured.model_version,
        measured.period,
        measured.feature,
        measured.metric,
        measured.value,
        measured.n_rows
    from measured
    left join used
        on measured.model_version = used.model_version and measured.feature = used.feature
    -- a feature that came later than the model; one that lists none is compared in all
    where used.feature is not null or measured.model_version not in (select model_version from used)
)

select * from final
{%- endmacro %}

{#- The beginning of the period of `scoring.every` that a time lies in: what a batch covers, at least an hour. -#}
{% macro scoring_period(use_case, time) -%}
{%- set every = insitu.read_duration(insitu.use_case_config(use_case).scoring.every) -%}
{%- if every.seconds -%}
{%- set seconds = [every.seconds, 3600] | max -%}
cast('1970-01-01' as timestamp) + interval '{{ seconds }} seconds' * cast(floor(extract(epoch from {{ time }}) / {{ seconds }}) as bigint)
{%- else -%}
cast(date_trunc('{{ every.text.split(' ')[1].rstrip('s') }}', {{ time }}) as timestamp)
{%- endif -%}
{%- endmacro %}
