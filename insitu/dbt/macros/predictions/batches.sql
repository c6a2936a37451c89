{#- Body of `<use_case>__batches`, the ledger: one row per batch, with the model's bytes, the rows it was given and what they
    and their scores were like. Building it makes the table and adds nothing: whoever writes a batch of predictions, the dbt
    node or the scorer, adds its row in the same transaction. -#}
{% macro batches(use_case) -%}
{%- do insitu.use_case_model(use_case, 'predictions', 'incremental') -%}
{%- do config(indexes=[{'columns': ['batch_id'], 'unique': true}]) -%}
with final as (
    select
        {%- for name, type in insitu.ledger_columns().items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
)

select * from final
where batch_id is not null
{%- endmacro %}


{#- The columns of the ledger with their types; insitu/nodes/ledger.py has the same. -#}
{% macro ledger_columns() %}
    {{- return({
        'batch_id': 'varchar',
        'batch_as_of': 'timestamp',
        'model_version': 'varchar',
        'artifact_sha256': 'varchar',
        'scoring_set_id': 'varchar',
        'is_shadow': 'integer',
        'status': 'varchar',
        'n_rows': 'bigint',
        'n_written': 'bigint',
        'min_score': 'double precision',
        'max_score': 'double precision',
        'n_missing': 'bigint',
        'n_unseen': 'bigint',
        'inputs': 'varchar',
        'predicted_at': 'timestamp',
    }) -}}
{% endmacro %}


{#- The hook of `<use_case>__predictions` that adds what its node wrote to the ledger, in the same transaction: the node
    leaves its rows in a variable of the session. Where nothing was due and the moment has no batch yet, an empty one says
    that a run took place; `empty_batch` in insitu/nodes/ledger.py is the same. -#}
{% macro write_batches(use_case) -%}
{%- set columns = insitu.ledger_columns() -%}
{#- by its name, also where dbt reads nothing (--empty) -#}
{%- set ledger = insitu.use_case_ref(use_case, 'batches').render() -%}
{%- set moment = insitu.as_of(use_case).strftime('%Y-%m-%d %H:%M:%S') -%}
{%- set empty = {
    'batch_id': insitu.text_literal(local_md5(use_case ~ ' had nothing due at ' ~ moment)[:16]),
    'batch_as_of': insitu.timestamp_literal(insitu.as_of(use_case)),
    'is_shadow': 0,
    'status': "'empty'",
    'n_rows': 0,
    'n_written': 0,
    'n_missing': 0,
    'n_unseen': 0,
    'inputs': "'[]'",
    'predicted_at': "current_timestamp at time zone 'UTC'",
} -%}
insert into {{ ledger }} ({{ columns | join(', ') }})
select
    {%- for name, type in columns.items() %}
    cast({{ insitu.json_text('item.value', "'" ~ name ~ "'") }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from (select {{ insitu.session_text('insitu.batches') }} as batches) as written
{{ insitu.json_items('written.batches', 'item') }}
where not exists (
    select 1
    from {{ ledger }} as kept
    where kept.batch_id = {{ insitu.json_text('item.value', "'batch_id'") }}
)
union all
select
    {%- for name, type in columns.items() %}
    cast({{ empty.get(name, 'null') }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where {{ insitu.session_text('insitu.batches') }} = '[]'
    and not exists (select 1 from {{ ledger }} as kept where kept.batch_as_of = {{ empty.batch_as_of }} and kept.is_shadow = 0)
{%- endmacro %}
