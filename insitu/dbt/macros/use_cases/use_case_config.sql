{% macro use_case_config(use_case) %}
{#- `config.meta.ml` of the node `<use_case>__models`, as a dictionary; {} while dbt parses. -#}
{%- if not execute %}{{ return({}) }}{% endif %}
{%- set name = use_case ~ '__models' %}
{%- set nodes = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | selectattr('name', 'equalto', name) | list %}
{%- if not nodes %}
    {{ exceptions.raise_compiler_error("There is no model `" ~ name ~ "`, which declares the use case `" ~ use_case
        ~ "`. Add it, or take `" ~ use_case ~ "` out of the variable `insitu_use_cases`.") }}
{%- endif %}
{%- set config = nodes[0].config.get('meta', {}).get('ml') %}
{%- if config is not mapping %}
    {{ exceptions.raise_compiler_error("`" ~ name ~ "` declares no `config.meta.ml` (it has: "
        ~ nodes[0].config.get('meta', {}).keys() | join(', ') ~ "). Add it: task, entity, label, candidates.") }}
{%- endif %}
{#- a single key column may be written without brackets -#}
{%- set entity = config.get('entity', []) %}
{{ return(dict(config, entity=[entity] if entity is string else entity)) }}
{% endmacro %}
