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
    {%- set names = [] -%}
    {%- for found in insitu.read_by(node) if not (found.depends_on.nodes if found.depends_on else []) -%}
        {%- do names.append(found.source_name ~ '.' ~ found.name if found.source_name else found.name) -%}
    {%- endfor -%}
    {{- return(names | sort) -}}
{% endmacro %}


{#- A node and all that it reads, directly or not, but by way of a spine: sources, seeds, snapshots and models. -#}
{% macro read_by(node) %}
    {%- set read, found = [node.unique_id], [] -%}
    {#- the list grows while it is gone through -#}
    {%- for id in read -%}
        {%- set one = graph.sources.get(id) or graph.nodes.get(id) -%}
        {%- if one -%}{%- do found.append(one) -%}{%- endif -%}
        {%- for parent in (one.depends_on.nodes if one and one.depends_on else []) -%}
            {%- if parent not in read and not insitu.is_spine(graph.nodes.get(parent)) -%}{%- do read.append(parent) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- Whether a node is declared a spine. -#}
{% macro is_spine(node) %}
    {%- set meta = (node.config.get('meta') or {}) if node else {} -%}
    {{- return((meta.get('point_in_time') or {}).get('kind') == 'spine') -}}
{% endmacro %}
