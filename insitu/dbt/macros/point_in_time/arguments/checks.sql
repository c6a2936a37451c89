{#- Column name (lower case) -> type of a relation; none where it is not known: while parsing, of a CTE, before it is
    built. -#}
{% macro known_columns(relation) %}
    {%- if not execute or relation is string -%}{{ return(none) }}{%- endif -%}
    {%- set existing = load_relation(relation) -%}
    {%- if existing is none -%}{{ return(none) }}{%- endif -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(existing) -%}
        {%- do types.update({column.name | lower: column.data_type | lower}) -%}
    {%- endfor -%}
    {{ return(types if types else none) }}
{% endmacro %}


{#- Fails when the relation lacks a column. -#}
{% macro check_column(argument, column, types, relation, macro='window_features') %}
    {%- if types is not none and column | lower not in types -%}
        {%- do insitu.features_error(
            argument, '`' ~ column ~ '`, which ' ~ relation ~ ' does not have',
            'one of its columns: ' ~ types.keys() | join(', '), macro
        ) -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when an argument that is just a name is no column; of other expressions the database says what they mean. -#}
{% macro check_named_column(argument, expression, types, relation, macro='window_features') %}
    {%- if modules.re.match('^[A-Za-z_][A-Za-z0-9_]*$', expression | string) -%}
        {%- do insitu.check_column(argument, expression | string, types, relation, macro) -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when a column is missing or is no timestamp without time zone. -#}
{% macro check_timestamp(argument, column, types, relation, macro='window_features') %}
    {%- do insitu.check_column(argument, column, types, relation, macro) -%}
    {%- if types is not none -%}
        {%- set type = types[column | lower] -%}
        {%- if not (type.startswith('timestamp') or type == 'date') or 'with time zone' in type -%}
            {%- do insitu.features_error(
                argument, '`' ~ column ~ '` of type ' ~ type ~ ' in ' ~ relation,
                'a UTC timestamp without time zone (convert it in staging)', macro
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Fails when a key column is missing on either side, or the two are of different type families. -#}
{% macro check_keys(keys, spine_types, event_types, spine, events, macro='window_features') %}
    {%- for spine_column, event_column in keys.items() -%}
        {%- do insitu.check_column('keys', spine_column, spine_types, spine, macro) -%}
        {%- do insitu.check_column('keys', event_column, event_types, events, macro) -%}
        {%- if spine_types is not none and event_types is not none -%}
            {%- set spine_type, event_type = spine_types[spine_column | lower], event_types[event_column | lower] -%}
            {%- if insitu.type_family(spine_type) != insitu.type_family(event_type) -%}
                {%- do insitu.features_error(
                    'keys', '`' ~ spine_column ~ '` (' ~ spine_type ~ ') = `' ~ event_column ~ '` (' ~ event_type ~ ')',
                    'two columns of one type: cast one of them in staging', macro
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- The columns that identify a spine row, checked; by default the keys. -#}
{% macro checked_spine_key(spine_key, keys, types, spine, macro='window_features') %}
    {%- set columns = [spine_key] if spine_key is string else (spine_key or keys.keys() | list) -%}
    {%- for column in columns -%}
        {%- do insitu.check_column('spine_key', column, types, spine, macro) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}


{#- Fails when a key is called like a column that the macro makes. -#}
{% macro check_key_names(keys, used, macro='window_features') %}
    {%- for key in keys if key in used -%}
        {%- do insitu.features_error(
            'keys', "a key named '" ~ key ~ "'", 'another name, given by a model before: the macro uses this one', macro
        ) -%}
    {%- endfor -%}
{% endmacro %}
