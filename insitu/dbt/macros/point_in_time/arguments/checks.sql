{#- Column name -> type of a relation; none where it is not known: while parsing, of a CTE, before it is built. -#}
{% macro known_columns(relation) %}
    {%- if not execute or relation is string -%}{{ return(none) }}{%- endif -%}
    {%- set existing = load_relation(relation) -%}
    {%- if existing is none -%}{{ return(none) }}{%- endif -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(existing) -%}
        {%- do types.update({column.name: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(types if types else none) }}
{% endmacro %}


{#- How a relation calls a column that an argument names: exactly so, or as the warehouse reads the name without quotes.
    None if it has no such column; as given if its columns are not known. -#}
{% macro own_name(column, types) %}
    {%- set column = column | string -%}
    {%- if types is none or column in types -%}{{ return(column) }}{%- endif -%}
    {{ return(adapter.dispatch('unquoted_name', 'insitu')(column, types)) }}
{% endmacro %}

{#- The same of several columns; a name that the relation does not have stays as given, for the database to refuse. -#}
{% macro own_names(columns, relation) %}
    {%- set types, found = insitu.known_columns(relation), [] -%}
    {%- for column in columns -%}{%- do found.append(insitu.own_name(column, types) or column) -%}{%- endfor -%}
    {{ return(found) }}
{% endmacro %}

{#- PostgreSQL folds a name that is not quoted. -#}
{% macro default__unquoted_name(column, types) %}
    {%- set is_plain = modules.re.fullmatch('[A-Za-z_][A-Za-z0-9_]*', column) -%}
    {{ return(column | lower if is_plain and column | lower in types else none) }}
{% endmacro %}

{#- DuckDB's names are the same in any case, quoted or not. -#}
{% macro duckdb__unquoted_name(column, types) %}
    {%- for name in types if name | lower == column | lower -%}{{ return(name) }}{%- endfor -%}
    {{ return(none) }}
{% endmacro %}


{#- How the relation calls the column; fails when it has none of that name. -#}
{% macro check_column(argument, column, types, relation, macro='window_features') %}
    {%- set found = insitu.own_name(column, types) -%}
    {%- if found is none -%}
        {%- do insitu.features_error(
            argument, '`' ~ column ~ '`, which ' ~ relation ~ ' does not have',
            'one of its columns: ' ~ types.keys() | join(', '), macro
        ) -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}


{#- An expression of an argument as SQL: the name of a column is that column, whatever the name; all else is SQL. -#}
{% macro column_or_sql(expression, types) %}
    {%- set column = insitu.own_name(expression, types) if types is not none else none -%}
    {{ return(expression | string if column is none else insitu.identifier(column)) }}
{% endmacro %}


{#- Fails when an argument that is just a name is no column; of other expressions the database says what they mean. -#}
{% macro check_named_column(argument, expression, types, relation, macro='window_features') %}
    {%- if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', expression | string) -%}
        {%- do insitu.check_column(argument, expression | string, types, relation, macro) -%}
    {%- endif -%}
{% endmacro %}


{#- How the relation calls the column; fails when it is missing or is no timestamp without time zone. -#}
{% macro check_timestamp(argument, column, types, relation, macro='window_features') %}
    {%- set found = insitu.check_column(argument, column, types, relation, macro) -%}
    {%- if types is not none -%}
        {%- set type = types[found] -%}
        {%- if not (type.startswith('timestamp') or type == 'date') or 'with time zone' in type -%}
            {%- do insitu.features_error(
                argument, '`' ~ column ~ '` of type ' ~ type ~ ' in ' ~ relation,
                'a UTC timestamp without time zone (convert it in staging)', macro
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(found) }}
{% endmacro %}


{#- The key columns as both sides call them; fails when one is missing, or the two are of different type families. -#}
{% macro check_keys(keys, spine_types, event_types, spine, events, macro='window_features') %}
    {%- set found = {} -%}
    {%- for spine_column, event_column in keys.items() -%}
        {%- set left = insitu.check_column('keys', spine_column, spine_types, spine, macro) -%}
        {%- set right = insitu.check_column('keys', event_column, event_types, events, macro) -%}
        {%- do found.update({left: right}) -%}
        {%- if spine_types is not none and event_types is not none -%}
            {%- set spine_type, event_type = spine_types[left], event_types[right] -%}
            {%- if insitu.type_family(spine_type) != insitu.type_family(event_type) -%}
                {%- do insitu.features_error(
                    'keys', '`' ~ spine_column ~ '` (' ~ spine_type ~ ') = `' ~ event_column ~ '` (' ~ event_type ~ ')',
                    'two columns of one type: cast one of them in staging', macro
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- The columns that identify a spine row, checked; by default the keys. -#}
{% macro checked_spine_key(spine_key, keys, types, spine, macro='window_features') %}
    {%- set found = [] -%}
    {%- for column in ([spine_key] if spine_key is string else (spine_key or keys.keys() | list)) -%}
        {%- do found.append(insitu.check_column('spine_key', column, types, spine, macro)) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- Fails when a key is called like a column that the macro makes. -#}
{% macro check_key_names(keys, used, macro='window_features') %}
    {%- for key in keys if key | lower in used -%}
        {%- do insitu.features_error(
            'keys', "a key named '" ~ key ~ "'", 'another name, given by a model before: the macro uses this one', macro
        ) -%}
    {%- endfor -%}
{% endmacro %}


{#- Fails when the warehouse would cut the name of a generated column, or take two for one. -#}
{% macro check_generated_names(argument, columns, taken, macro='window_features') %}
    {%- set longest = adapter.dispatch('longest_name', 'insitu')() -%}
    {%- set seen = taken | map('lower') | list -%}
    {%- for column in columns -%}
        {%- set bytes = column.name.encode() | length -%}
        {%- if longest and bytes > longest -%}
            {%- do insitu.features_error(
                argument, 'the name `' ~ column.name ~ '` of ' ~ bytes ~ ' bytes',
                'at most ' ~ longest ~ ', which is what the warehouse keeps of a name: a shorter name or prefix', macro
            ) -%}
        {%- elif column.name | lower in seen -%}
            {%- do insitu.features_error(
                argument, "two columns named '" ~ column.name ~ "'", 'distinct names', macro
            ) -%}
        {%- endif -%}
        {%- do seen.append(column.name | lower) -%}
    {%- endfor -%}
{% endmacro %}

{#- How many bytes of a name the warehouse keeps; none if all. -#}
{% macro default__longest_name() %}{{ return(none) }}{% endmacro %}
{% macro postgres__longest_name() %}{{ return(63) }}{% endmacro %}
