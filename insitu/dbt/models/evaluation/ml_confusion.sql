{%- do insitu.overall_model('evaluation') -%}
{%- set multiclass = [] %}
{%- for use_case in insitu.use_cases_there() %}
    {#- Named for every use case: which of them are multiclass is known only once dbt has read all declarations. -#}
    {%- do insitu.use_case_ref(use_case, 'heldout_predictions') %}
    {%- if insitu.use_case_config(use_case).get('task') == 'multiclass' %}{%- do multiclass.append(use_case) %}{%- endif %}
{%- endfor %}

with final as (
    {% if multiclass -%}
    {{ insitu.computed_once_each('evaluation_confusion', multiclass) | indent(4) }}
    {%- else -%}
    {%- set text = dbt.type_string() -%}
    select
        cast(null as {{ text }}) as use_case,
        cast(null as {{ text }}) as model_version,
        cast(null as {{ text }}) as snapshot_id,
        cast(null as {{ text }}) as split,
        cast(null as {{ text }}) as label,
        cast(null as {{ text }}) as predicted,
        cast(null as bigint) as n_rows,
        cast(null as double precision) as share,
        cast(null as {{ text }}) as computed_by
    where 1 = 0
    {%- endif %}
)

select * from final
