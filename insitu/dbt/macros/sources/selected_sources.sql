{#- The sources that the models, tests and snapshots of this run read: what it does not select, it neither loads nor
    checks. The scorer computes models that it does not select: the variable `insitu_also_read` names them. All sources in a
    `run-operation`, which selects nothing: dbt shows it what an earlier command of the same process selected. -#}
{% macro selected_sources() %}
    {%- set selected = [] if flags.WHICH == 'run-operation' else selected_resources + var('insitu_also_read', []) -%}
    {%- set read = [] -%}
    {%- for id in selected -%}
        {%- do read.extend(graph.nodes.get(id, {}).get('depends_on', {}).get('nodes', [])) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for id, source in graph.sources.items() if not selected or id in read or id in selected -%}
        {%- do found.append(source) -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
