{#- The relation `<use_case>__<name>` as the last build left it, for a model that comes before it; none if it is not there. -#}
{% macro relation_there(use_case, name) %}
    {%- if execute -%}
        {%- set nodes = graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') -%}
        {%- set node = nodes | selectattr('name', 'equalto', use_case ~ '__' ~ name) | first -%}
        {%- if node -%}{{- return(adapter.get_relation(node.database, node.schema, node.alias)) -}}{%- endif -%}
    {%- endif -%}
    {{- return(none) -}}
{% endmacro %}
