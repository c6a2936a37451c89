{#- The features that the models of a use case were trained with: (model_version, feature). -#}
{% macro features_used(use_case) -%}
select
    models.model_version,
    {{ insitu.json_text('item.value', "'name'") }} as feature
from {{ insitu.use_case_ref(use_case, 'models') }} as models
{{ insitu.json_items("(cast(models.signature as json) -> 'features')", 'item') }}
where models.status = 'trained'
{%- endmacro %}
