{#- The relation `<use_case>__<name>` without a `ref`, for what is read only where a declaration asks for it, which dbt does
    not know while it parses. The model that reads it must come after it all the same. -#}
{% macro relation_of(use_case, name) %}
    {%- set node = insitu.node_named(use_case ~ '__' ~ name) -%}
    {{- return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) -}}
{% endmacro %}
