{#- The sources that the models, tests and snapshots of this run read: what it does not select, it neither loads nor
    checks. All of them in a `run-operation`, which selects nothing. -#}
{% macro selected_sources() %}
    {%- set read = [] -%}
    {%- for id in selected_resources -%}
        {%- do read.extend(graph.nodes.get(id, {}).get('depends_on', {}).get('nodes', [])) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for id, source in graph.sources.items() if not selected_resources or id in read or id in selected_resources -%}
        {%- do found.append(source) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
