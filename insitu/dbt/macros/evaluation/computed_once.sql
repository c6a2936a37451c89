{#- A table over held-out predictions that computes what it has not computed yet: for each model version and snapshot once, as
    long as `body`, SQL over the rows of a relation `pending`, stays the same to the letter (`computed_by` is its hash, so it
    changes with the declaration and with the code of every metric). With --full-refresh everything. -#}
{% macro computed_once(heldout, body) -%}
{%- set hash = local_md5(body)[:16] -%}
{%- set is_kept = insitu.was_computed_by(hash) -%}
with {% if is_kept -%}
kept as (
    select * from {{ this }}
    where computed_by = '{{ hash }}'
),

{% endif -%}
pending as (
    select heldout.*
    from {{ heldout }} as heldout
    {%- if is_kept %}
    where not exists (
        select 1
        from kept
        where kept.model_version = heldout.model_version and kept.snapshot_id = heldout.snapshot_id
    )
    {%- endif %}
),

computed as (
    {{ body | trim | indent(4) }}
),

final as (
    select computed.*, '{{ hash }}' as computed_by
    from computed
    {%- if is_kept %}
    union all
    select * from kept
    {%- endif %}
)

select * from final
{%- endmacro %}


{#- Whether the running model's table has rows of this hash. -#}
{% macro was_computed_by(hash) %}
    {%- if not execute or flags.FULL_REFRESH or flags.WHICH not in ['run', 'build'] -%}{{ return(false) }}{%- endif -%}
    {%- set existing = load_relation(this) -%}
    {%- if not existing -%}{{ return(false) }}{%- endif -%}
    {%- if 'computed_by' not in adapter.get_columns_in_relation(existing) | map(attribute='name') -%}{{ return(false) }}{%- endif -%}
    {{- return(run_query("select 1 from " ~ existing ~ " where computed_by = '" ~ hash ~ "' limit 1") | length > 0) -}}
{% endmacro %}
