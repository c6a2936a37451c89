{#- The rows of a use case in `ml_feature_importance`: what each model version lost on validation rows when one feature was
    shuffled, computed when it was trained. -#}
{% macro feature_importance(use_case) -%}
with models as (
    select model_version, feature_importance
    from {{ insitu.use_case_ref(use_case, 'models') }}
    where status = 'trained'
),

final as (
    select
        models.model_version,
        {{ insitu.json_text('item.value', "'feature'") }} as feature,
        item.position as importance_rank,
        cast({{ insitu.json_text('item.value', "'importance'") }} as double precision) as importance,
        cast({{ insitu.json_text('item.value', "'std'") }} as double precision) as standard_deviation,
        {{ insitu.json_text('item.value', "'metric'") }} as metric
    from models
    {{ insitu.json_items('models.feature_importance', 'item') | indent(4) }}
)

select * from final
{%- endmacro %}
