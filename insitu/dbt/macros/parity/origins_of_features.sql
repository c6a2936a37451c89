{#- Where the features of a use case come from: feature -> the sources that its model reads, in words, or the seeds and models
    that read nothing. Of its spine only the features are known that it hands on. -#}
{% macro origins_of_features(use_case) %}
    {%- set origins = {} -%}
    {%- if not execute -%}{{ return(origins) }}{%- endif -%}
    {%- set features = insitu.node_named(use_case ~ '__features') -%}
    {%- for id in (features.depends_on.nodes if features else []) if id in graph.nodes -%}
        {%- set node = graph.nodes[id] -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- set names = insitu.origins_of(node) -%}
        {%- for column in (adapter.get_columns_in_relation(relation) if relation else []) if names -%}
            {%- do origins.setdefault(column.name, '`' ~ names | join('` or `') ~ '`') -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(origins) -}}
{% endmacro %}


{#- The sources that a node reads, directly or not, but by way of a spine; the seeds and models that read nothing too. -#}
{% macro origins_of(node) %}
    {%- set read, names = [node.unique_id], [] -%}
    {#- the list grows while it is gone through -#}
    {%- for id in read -%}
        {%- set found = graph.sources.get(id) or graph.nodes.get(id) -%}
        {%- set parents = found.depends_on.nodes if found and found.depends_on else [] -%}
        {%- if found and not parents -%}
            {%- do names.append(found.source_name ~ '.' ~ found.name if found.source_name else found.name) -%}
        {%- endif -%}
        {%- for parent in parents if parent not in read and not insitu.is_spine(graph.nodes.get(parent)) -%}
            {%- do read.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(names | sort) -}}
{% endmacro %}


{#- Whether a node is declared a spine. -#}
{% macro is_spine(node) %}
    {%- set meta = (node.config.get('meta') or {}) if node else {} -%}
    {{- return((meta.get('point_in_time') or {}).get('kind') == 'spine') -}}
{% endmacro %}
