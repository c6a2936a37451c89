{#-
    Arguments shared by the look-up macros, checked: a plan with one column per looked-up expression.
    `columns` is a list of column names or {name: SQL expression over the looked-up relation}.
-#}
{% macro plan_lookup(
    macro, spine, relation, argument, keys, columns, time_columns, as_of, spine_key, prefix, text, strategy, reason,
    lookback
) %}
    {%- set keys = insitu.keys_mapping(keys) -%}
    {%- set spine_types, types = insitu.known_columns(spine), insitu.known_columns(relation) -%}
    {%- set as_of = insitu.check_timestamp('as_of', as_of, spine_types, spine, macro) -%}
    {%- set times = [] -%}
    {%- for name in time_columns -%}
        {%- do times.append(insitu.check_timestamp(argument, name, types, relation, macro)) -%}
    {%- endfor -%}
    {%- set keys = insitu.check_keys(keys, spine_types, types, spine, relation, macro) -%}
    {%- set spine_key = insitu.checked_spine_key(spine_key, keys, spine_types, spine, macro) -%}
    {%- set given, sql_of = columns if columns is mapping else {}, {} -%}
    {%- for column in ([columns] if columns is string else columns or []) if columns is not mapping -%}
        {%- do given.update({column: column}) -%}
        {%- do sql_of.update({column: insitu.identifier(insitu.own_name(column, types) or column)}) -%}
    {%- endfor -%}
    {%- if not given -%}
        {%- do insitu.features_error('columns', 'none', "a list of columns or {'name': 'expression'}", macro) -%}
    {%- endif -%}
    {%- set source = (relation if relation is string else relation.identifier) ~ ' by ' ~ keys.keys() | join(', ') -%}
    {%- set planned, expressions = [], [] -%}
    {%- for name, sql in given.items() -%}
        {%- do insitu.check_named_column('columns', sql, types, relation, macro) -%}
        {%- set value = sql_of.get(name) or insitu.column_or_sql(sql, types) -%}
        {%- do expressions.append({'argument': 'columns', 'sql': sql | string, 'tried': value}) -%}
        {%- do planned.append({
            'name': insitu.prefixed(prefix, name),
            'alias': name,
            'measure': {'name': name, 'expr': sql, 'sql': value},
            'agg': macro,
            'strategy': strategy,
            'reason': reason,
            'default': none,
            'type': none,
            'description': '`' ~ sql ~ '` of ' ~ text ~ ', ' ~ source ~ '.',
        }) -%}
    {%- endfor -%}
    {%- do insitu.check_generated_names('columns', planned, spine_key + ['as_of'], macro) -%}
    {%- do insitu.check_expressions(expressions, relation, types, insitu.identifier(times[0]), macro) -%}
    {{ return({
        'macro': macro,
        'spine': spine,
        'events': relation,
        'key_columns': keys,
        'as_of': as_of,
        'available_at': times[0],
        'known_at': insitu.known_at(relation, times[0]),
        'times': times,
        'gap': 0,
        'spine_key': spine_key,
        'prefix': prefix,
        'columns': planned,
        'new_rows': insitu.new_rows_filter(as_of, spine_key, lookback, macro),
    }) }}
{% endmacro %}
