{#-
    Arguments shared by the look-up macros, checked: a plan with one column per looked-up expression.
    `columns` is a list of column names or {name: SQL expression over the looked-up relation}.
-#}
{% macro plan_lookup(macro, spine, relation, argument, keys, columns, time_columns, as_of, spine_key, prefix, text, strategy, reason, lookback) %}
    {%- set keys = insitu.keys_mapping(keys) -%}
    {%- set spine_types, types = insitu.known_columns(spine), insitu.known_columns(relation) -%}
    {{- insitu.check_timestamp('as_of', as_of, spine_types, spine, macro) -}}
    {%- for name in time_columns -%}{{- insitu.check_timestamp(argument, name, types, relation, macro) -}}{%- endfor -%}
    {{- insitu.check_keys(keys, spine_types, types, spine, relation, macro) -}}
    {%- set spine_key = [spine_key] if spine_key is string else (spine_key or keys.keys() | list) -%}
    {%- for column in spine_key -%}{{- insitu.check_column('spine_key', column, spine_types, spine, macro) -}}{%- endfor -%}
    {%- set given = {} -%}
    {%- if columns is mapping -%}{%- do given.update(columns) -%}
    {%- else -%}{%- for column in ([columns] if columns is string else columns or []) -%}{%- do given.update({column: column}) -%}{%- endfor -%}
    {%- endif -%}
    {%- if not given -%}{{ insitu.features_error('columns', 'none', "a list of columns or {'name': 'expression'}", macro) }}{%- endif -%}
    {%- set planned = [] -%}
    {%- for name, sql in given.items() -%}
        {%- if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', sql | string) -%}{{- insitu.check_column('columns', sql, types, relation, macro) -}}{%- endif -%}
        {%- do planned.append({
            'name': (prefix ~ '__' if prefix else '') ~ name, 'alias': name, 'measure': {'name': name, 'expr': sql}, 'agg': macro,
            'strategy': strategy, 'reason': reason, 'default': none, 'type': none,
            'description': '`' ~ sql ~ '` of ' ~ text ~ ', ' ~ (relation if relation is string else relation.identifier) ~ ' by ' ~ keys.keys() | join(', ') ~ '.',
        }) -%}
    {%- endfor -%}
    {%- set expressions = [] -%}
    {%- for name, sql in given.items() -%}{%- do expressions.append({'argument': 'columns', 'sql': sql | string}) -%}{%- endfor -%}
    {{- insitu.check_expressions(expressions, relation, types, time_columns[0], macro) -}}
    {{ return({
        'macro': macro, 'spine': spine, 'events': relation, 'key_columns': keys, 'as_of': as_of, 'available_at': time_columns[0], 'gap': 0,
        'spine_key': spine_key, 'prefix': prefix, 'columns': planned, 'new_rows': insitu.new_rows_filter(as_of, spine_key, lookback, macro),
    }) }}
{% endmacro %}


{#- The spine CTE of every feature macro: identifying columns, keys, as_of; only new rows in an incremental run. -#}
{% macro spine_cte(plan) -%}
with spine as {{ 'materialized ' if plan.new_rows }}(
    select
        {%- for column in (plan.spine_key + plan.key_columns.keys() | list) | unique %}
        {{ column }},
        {%- endfor %}
        {{ plan.as_of ~ (' as as_of' if plan.as_of != 'as_of' else '') }}
    from {{ plan.spine }} as candidate
    {%- if plan.new_rows %}
    where {{ plan.new_rows }}
    {%- endif %}
),
{%- endmacro %}
