{#- A table over held-out predictions that computes what it has not computed yet: for each model version and snapshot once, as
    long as `body`, SQL over the rows of a relation `pending`, stays the same to the letter (`computed_by` is its hash, so it
    changes with the declaration and with the code of every metric). With --full-refresh everything. Where the table is one
    over all use cases, `use_case` says whose rows are meant. -#}
{% macro computed_once(heldout, body, use_case=none) -%}
{%- set hash = local_md5(body)[:16] -%}
{%- set own = "computed_by = '" ~ hash ~ "'" ~ (" and use_case = '" ~ use_case ~ "'" if use_case else '') -%}
{%- set is_kept = insitu.was_computed(own) -%}
with {% if is_kept -%}
kept as (
    select * from {{ this }}
    where {{ own }}
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
    select {% if use_case %}'{{ use_case }}' as use_case, {% endif %}computed.*, '{{ hash }}' as computed_by
    from computed
    {%- if is_kept %}
    union all
    select * from kept
    {%- endif %}
)

select * from final
{%- endmacro %}


{#- A table over the held-out predictions of several use cases, each computed once: by a macro such as `evaluation_curves`, of a
    use case and a relation. Its columns stand in the order of the macro's. -#}
{% macro computed_once_each(body, use_cases) -%}
{% for use_case in use_cases -%}
select * from (
    {{ insitu.computed_once(
        insitu.use_case_ref(use_case, 'heldout_predictions'), insitu.macro_named(body)(use_case, 'pending'), use_case
    ) | indent(4) }}
) as of_use_case
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}


{#- Whether the running model's table has rows that meet a condition on `computed_by`. -#}
{% macro was_computed(condition) %}
    {%- if not execute or flags.FULL_REFRESH or flags.WHICH not in ['run', 'build'] -%}{{ return(false) }}{%- endif -%}
    {%- set existing = load_relation(this) -%}
    {%- if not existing -%}{{ return(false) }}{%- endif -%}
    {%- if 'computed_by' not in adapter.get_columns_in_relation(existing) | map(attribute='name') -%}{{ return(false) }}{%- endif -%}
    {{- return(run_query("select 1 from " ~ existing ~ " where " ~ condition ~ " limit 1") | length > 0) -}}
{% endmacro %}
