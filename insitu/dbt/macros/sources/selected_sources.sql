{#- The sources that the models, tests and snapshots of this run read: what it does not select, it neither loads nor
    checks. For `on-run-start`. -#}
{% macro selected_sources() %}
    {%- set read = [] -%}
    {%- for id in selected_resources -%}
        {%- do read.extend(graph.nodes.get(id, {}).get('depends_on', {}).get('nodes', [])) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for id, source in graph.sources.items() if id in read or id in selected_resources -%}
        {%- do found.append(source) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
