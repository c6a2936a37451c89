{#- The feeds of a use case's features of which it is known when each row arrived: events that are declared, with the column
    that is the `loaded_at_field` of their source. Each as {name, relation, available_at, arrived_at, features}. -#}
{% macro feeds_of_features(use_case) %}
    {%- set feeds = {} -%}
    {%- set features = insitu.node_named(use_case ~ '__features') if execute else none -%}
    {%- for id in (features.depends_on.nodes if features else []) if id in graph.nodes -%}
        {%- set node = graph.nodes[id] -%}
        {%- set relation = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | list if relation else [] -%}
        {%- for read in insitu.read_by(node) if columns -%}
            {%- if read.unique_id not in feeds -%}{%- do feeds.update({read.unique_id: insitu.feed_of(read)}) -%}{%- endif -%}
            {%- if feeds[read.unique_id] -%}{%- do feeds[read.unique_id].features.extend(columns) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(feeds.values() | select | list) -}}
{% endmacro %}


{#- A declared event whose rows tell when they arrived; none for what is no such event. -#}
{% macro feed_of(node) %}
    {%- set declared = (node.config.get('meta') or {}).get('point_in_time') or {} -%}
    {%- if declared.get('kind') != 'event' -%}{{- return(none) -}}{%- endif -%}
    {%- set relation = adapter.get_relation(node.database, node.schema, node.identifier or node.alias) -%}
    {%- if not relation -%}{{- return(none) -}}{%- endif -%}
    {%- set columns = {} -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}{%- do columns.update({column.name: column}) -%}{%- endfor -%}
    {%- for source in insitu.read_by(node) if source.source_name -%}
        {%- set field = source.loaded_at_field or source.config.get('loaded_at_field') -%}
        {%- if field in columns and declared.available_at in columns -%}
            {{- return({
                'name': node.source_name ~ '.' ~ node.name if node.source_name else node.name,
                'relation': relation,
                'available_at': insitu.utc_of_event(columns[declared.available_at]),
                'arrived_at': insitu.utc_of_event(columns[field]),
                'features': [],
            }) -}}
        {%- endif -%}
    {%- endfor -%}
    {{- return(none) -}}
{% endmacro %}


{#- A column of times of a relation `events`, as a timestamp without zone, in UTC. -#}
{% macro utc_of_event(column) -%}
    {%- set name = 'events.' ~ insitu.identifier(column.name) -%}
    {%- if 'with time zone' in column.data_type | lower or column.data_type | lower == 'timestamptz' -%}
    ({{ name }} at time zone 'UTC')
    {%- else -%}
    cast({{ name }} as timestamp)
    {%- endif -%}
{%- endmacro %}
