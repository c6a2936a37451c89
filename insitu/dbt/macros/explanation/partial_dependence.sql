{#- The rows of a use case in `ml_partial_dependence`: the mean score when a feature is set to a value in every row, for the most
    important features of each model version. A value is a number or a category; in a multiclass task each class has its
    own scores. -#}
{% macro partial_dependence(use_case) -%}
{%- set multiclass = insitu.use_case_config(use_case).get('task') == 'multiclass' -%}
with models as (
    select model_version, partial_dependence, signature
    from {{ insitu.use_case_ref(use_case, 'models') }}
    where status = 'trained'
),

features as (
    select
        models.model_version,
        {{ insitu.json_text('item.value', "'feature'") }} as feature,
        item.value -> 'values' as points,
        {% if multiclass -%}
        {{ insitu.json_text("cast(models.signature as json) -> 'classes'", 'cast(curve.position - 1 as integer)') }} as class,
        curve.value as scores
        {%- else -%}
        item.value -> 'scores' as scores
        {%- endif %}
    from models
    {{ insitu.json_items('models.partial_dependence', 'item') | indent(4) }}
    {%- if multiclass %}
    {{ insitu.json_items("(item.value -> 'scores')", 'curve') | indent(4) }}
    {%- endif %}
),

final as (
    select
        features.model_version,
        features.feature,
        {{ 'features.class' if multiclass else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as class,
        point.position as point,
        case when {{ insitu.json_is_number('point.value') }} then cast({{ insitu.json_plain('point.value') }} as double precision) end as value,
        case when not {{ insitu.json_is_number('point.value') }} then {{ insitu.json_plain('point.value') }} end as category,
        cast({{ insitu.json_text('features.scores', 'cast(point.position - 1 as integer)') }} as double precision) as mean_score
    from features
    {{ insitu.json_items('features.points', 'point') | indent(4) }}
)

select * from final
{%- endmacro %}
