{#- The configuration of a model whose body is ours: its layer (`training`, `evaluation`, `predictions`, `actions`), how it
    is materialized, and that its comments reach the database, also those of published columns that no YAML describes. dbt
    takes it before that of the YAML. The schema is the layer's in the variable `insitu_schemas`; without one, the project's
    own rules apply. -#}
{% macro use_case_model(use_case, layer, materialized='table') %}
    {%- do config(
        materialized=materialized,
        tags=['insitu', layer, use_case],
        persist_docs={'relation': true, 'columns': true}
    ) -%}
    {%- if materialized == 'incremental' -%}
        {%- do config(
            incremental_strategy='append',
            on_schema_change='append_new_columns',
            full_refresh=false,
            pre_hook='{{ insitu.lock_appends(this) }}'
        ) -%}
    {%- endif -%}
    {%- if layer != 'training' -%}{%- do config(post_hook='{{ insitu.describe_columns(this) }}') -%}{%- endif -%}
    {%- do insitu.use_schema_of(layer) -%}
{% endmacro %}


{#- The configuration of a model over all use cases: off while there are none. -#}
{% macro overall_model(layer) %}
    {%- if not insitu.use_cases() -%}{%- do config(enabled=false) -%}{%- endif -%}
    {%- do config(post_hook='{{ insitu.describe_columns(this) }}') -%}
    {%- do insitu.use_schema_of(layer) -%}
{% endmacro %}


{#- The schema of a layer, where the variable `insitu_schemas` names one. -#}
{% macro use_schema_of(layer) %}
    {%- set schema = var('insitu_schemas', {}).get(layer) -%}
    {%- if schema -%}{%- do config(schema=schema) -%}{%- endif -%}
{% endmacro %}
