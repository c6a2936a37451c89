{#-
    The obligations that `insitu check` relies on, from the relation's config.meta.point_in_time: a name, and a query
    for the rows that break it. The generic test of the same name fails on each that is broken.
-#}
{% macro point_in_time_obligations(relation) %}
    {%- set declared = insitu.point_in_time_declaration(relation) -%}
    {%- if declared is none -%}
        {%- do exceptions.raise_compiler_error(
            "point_in_time_obligations: `" ~ relation.identifier ~ "` has no config.meta.point_in_time to test. "
            ~ "Declare what it is, or remove the test."
        ) -%}
    {%- endif -%}
    {%- set times = [] -%}
    {%- for name in ['available_at', 'matured_at', 'valid_from'] if declared.get(name) -%}
        {%- do times.append(declared[name]) -%}
    {%- endfor -%}
    {%- if declared.kind == 'labels' and not declared.get('matured_at') -%}
        {%- do times.append('matured_at') -%}
    {%- elif declared.kind in ['spine', 'features', 'training_set'] -%}
        {%- do times.append(declared.get('as_of', 'as_of')) -%}
    {%- endif -%}
    {%- set keys = declared.get('unique', []) | list -%}
    {%- if declared.kind in ['spine', 'features'] and declared.get('key') -%}
        {%- do keys.append(declared.key + [declared.get('as_of', 'as_of')]) -%}
    {%- elif declared.kind == 'raw' -%}
        {%- do keys.append(declared.key) -%}
    {%- endif -%}
    {%- set key = declared.get('key', []) if declared.kind in ['spine', 'features'] else [] -%}
    {%- set not_null = (times + key + declared.get('not_null', [])) | unique | list -%}
    {%- do insitu.check_declared_columns(relation, not_null + keys | sum(start=[])) -%}
    {%- set obligations = [] -%}
    {%- for column in not_null -%}
        {%- do obligations.append({
            'name': column ~ ' is not null',
            'query': 'select 1 as broken from ' ~ relation ~ ' where ' ~ insitu.identifier(column) ~ ' is null'
        }) -%}
    {%- endfor -%}
    {%- for key in keys -%}
        {%- set columns = key | map('string') | list -%}
        {%- set key_list = insitu.quoted(columns) | join(', ') -%}
        {%- do obligations.append({
            'name': columns | join(', ') ~ (' is' if columns | length == 1 else ' are') ~ ' unique',
            'query': 'select 1 as broken from ' ~ relation ~ ' group by ' ~ key_list ~ ' having count(*) > 1'
        }) -%}
    {%- endfor -%}
    {%- for rule in declared.get('determined', []) -%}
        {%- do insitu.check_declared_columns(relation, [rule.column, rule.by]) -%}
        {%- do obligations.append({
            'name': rule.column ~ ' is that of ' ~ rule.as_in ~ ' by ' ~ rule.by,
            'query': insitu.determined_otherwise(relation, rule)
        }) -%}
    {%- endfor -%}
    {%- if declared.kind == 'static' and declared.content is defined -%}
        {%- do obligations.append(insitu.static_contents(relation, declared.content)) -%}
    {%- endif -%}
    {%- do insitu.check_times_are_utc(relation, times) -%}
    {{ return(obligations) }}
{% endmacro %}


{#-
    The obligation of a static relation that declares the hash of its contents: nothing was added, removed or changed.
    Its name tells the present hash.
-#}
{% macro static_contents(relation, declared) %}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- if not columns -%}
        {#- Compiled before it is built: there is nothing to hash, and whoever runs the test is told that. -#}
        {{ return({'name': 'contents are unchanged', 'query': 'select 1 as broken from ' ~ relation}) }}
    {%- endif -%}
    {%- set now = run_query('select ' ~ insitu.content_hash(columns) ~ ' from ' ~ relation).columns[0].values()[0] -%}
    {%- set known = [declared] if declared is string else declared -%}
    {{ return({
        'name': 'contents are unchanged (content is now ' ~ now ~ ')',
        'query': 'select 1 as broken where ' ~ ('1 = 0' if now in known else '1 = 1')
    }) }}
{% endmacro %}


{#- Rows whose column is not that of the row which they name in `as_in`; nothing is promised where that is NULL. -#}
{% macro determined_otherwise(relation, rule) %}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() | list + graph.sources.values() | list
            if node.resource_type in ['model', 'seed', 'snapshot', 'source'] -%}
        {%- set name = node.source_name ~ '.' ~ node.name if node.source_name else node.name -%}
        {%- if name == rule.as_in -%}{%- do found.append(node) -%}{%- endif -%}
    {%- endfor -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ relation.identifier ~ "`: config.meta.point_in_time.determined names `" ~ rule.as_in
            ~ "`, which is no model, seed or snapshot of this project, nor a source (those are written source.table)."
        ) -%}
    {%- endif -%}
    {%- set node = found[0] -%}
    {%- set other = api.Relation.create(
        database=node.database, schema=node.schema,
        identifier=node.get('identifier') or node.get('alias') or node.name
    ) -%}
    {%- set key, equals = rule.key or rule.by, rule.equals or rule.column -%}
    {{ return(
        'select 1 as broken from ' ~ relation ~ ' as r left join ' ~ other ~ ' as o on o.' ~ insitu.identifier(key)
        ~ ' = r.' ~ insitu.identifier(rule.by) ~ ' where r.' ~ insitu.identifier(rule.by) ~ ' is not null and (o.'
        ~ insitu.identifier(key) ~ ' is null or o.' ~ insitu.identifier(equals) ~ ' is distinct from r.'
        ~ insitu.identifier(rule.column) ~ ')'
    ) }}
{% endmacro %}


{#- config.meta.point_in_time of a relation; none if it has none. -#}
{% macro point_in_time_declaration(relation) %}
    {%- set node = insitu.node_of(relation) or {} -%}
    {%- set meta = (node.config.meta if node.config else none) or node.get('meta') or {} -%}
    {%- if 'point_in_time' in meta -%}{%- do insitu.check_declaration(node, meta.point_in_time) -%}{%- endif -%}
    {{ return(meta.get('point_in_time')) }}
{% endmacro %}


{#- The model, seed, snapshot or source that a relation belongs to; none if there is none. What the running node reads
    is found as dbt finds it, which with `--defer` is elsewhere than it would be built here. -#}
{% macro node_of(relation) %}
    {%- set all_nodes = dict(graph.nodes, **graph.sources) -%}
    {%- for id in (model.depends_on.nodes if model and model.depends_on else []) if id in all_nodes -%}
        {%- set node = all_nodes[id] -%}
        {%- if node.resource_type == 'source' -%}{%- set read = source(node.source_name, node.name) -%}
        {%- else -%}{%- set read = ref(node.package_name, node.name, v=node.get('version')) -%}
        {%- endif -%}
        {%- if read.identifier == relation.identifier and read.schema == relation.schema -%}
            {{ return(node) }}
        {%- endif -%}
    {%- endfor -%}
    {%- for node in all_nodes.values() if node.resource_type in ['model', 'seed', 'snapshot', 'source'] -%}
        {%- set identifier = node.get('identifier') or node.get('alias') or node.name -%}
        {%- if identifier == relation.identifier and node.schema == relation.schema -%}{{ return(node) }}{%- endif -%}
    {%- endfor -%}
    {{ return(none) }}
{% endmacro %}


{#- Fails when a declaration names a column that is not there; says nothing before the relation is built. -#}
{% macro check_declared_columns(relation, columns) %}
    {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- for column in columns if existing and column not in existing -%}
        {%- do exceptions.raise_compiler_error(
            "`" ~ relation.identifier ~ "` has no column `" ~ column ~ "` (it has: " ~ existing | join(', ')
            ~ "). Add it, or correct `config.meta.point_in_time`, which names it."
        ) -%}
    {%- endfor -%}
{% endmacro %}


{#-
    Fails when a time column has a time zone: times without one are UTC by agreement, one with a zone would be read in
    the session's.
-#}
{% macro check_times_are_utc(relation, times) %}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
        {%- set type = column.data_type | lower -%}
        {%- if column.name in times and 'zone' in type and 'without' not in type -%}
            {%- do exceptions.raise_compiler_error(
                "`" ~ relation.identifier ~ "`: `" ~ column.name ~ "` is a " ~ column.data_type
                ~ "; point-in-time columns are UTC timestamps without time zone. Convert it in staging."
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
