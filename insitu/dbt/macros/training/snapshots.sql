{#- Body of `<use_case>__snapshots`: keep every training set that ever was, once. Nothing is changed or deleted. -#}
{% macro snapshots(use_case) -%}
{%- do insitu.use_case_model(use_case, 'training', 'incremental') -%}
{%- do config(pre_hook="{{ insitu.keep_types(this, insitu.use_case_ref('" ~ use_case ~ "', 'training_set')) }}") -%}
with training_set as (
    select * from {{ insitu.use_case_ref(use_case, 'training_set') }}
),

final as (
    select * from training_set
    {%- if is_incremental() %}
    where snapshot_id not in (select snapshot_id from {{ this }})
    {%- endif %}
)

select * from final
{%- endmacro %}
