{#- One shape for every compile-time error of the feature macros: model, argument, what was found, what is allowed. -#}
{% macro features_error(argument, found, allowed, macro='window_features') %}
    {%- set where = '`' ~ model.name ~ '`' if model else 'compiled query' -%}
    {{ exceptions.raise_compiler_error(where ~ ': ' ~ macro ~ '(' ~ argument ~ '): found ' ~ found ~ ', expected ' ~ allowed ~ '.') }}
{% endmacro %}


{#- Column name (lower case) -> type of a relation; none when it can not be known now (parsing, a CTE name, not built). -#}
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


{% macro check_column(argument, column, types, relation, macro='window_features') %}
    {%- if types is not none and column | lower not in types -%}
        {{ insitu.features_error(argument, '`' ~ column ~ '`, which ' ~ relation ~ ' does not have',
            'one of its columns: ' ~ types.keys() | join(', '), macro) }}
    {%- endif -%}
{% endmacro %}


{% macro check_timestamp(argument, column, types, relation, macro='window_features') %}
    {{- insitu.check_column(argument, column, types, relation, macro) -}}
    {%- if types is not none and not (types[column | lower].startswith('timestamp') or types[column | lower] == 'date')
            or types is not none and 'with time zone' in types[column | lower] -%}
        {{ insitu.features_error(argument, '`' ~ column ~ '` of type ' ~ types[column | lower] ~ ' in ' ~ relation,
            'a UTC timestamp without time zone (convert it in staging)', macro) }}
    {%- endif -%}
{% endmacro %}


{#- Key columns exist on both sides and are of one type family. -#}
{% macro check_keys(keys, spine_types, event_types, spine, events, macro='window_features') %}
    {%- for spine_column, event_column in keys.items() -%}
        {{- insitu.check_column('keys', spine_column, spine_types, spine, macro) -}}
        {{- insitu.check_column('keys', event_column, event_types, events, macro) -}}
        {%- if spine_types is not none and event_types is not none
                and insitu.type_family(spine_types[spine_column | lower]) != insitu.type_family(event_types[event_column | lower]) -%}
            {{ insitu.features_error('keys', '`' ~ spine_column ~ '` (' ~ spine_types[spine_column | lower] ~ ') = `' ~ event_column ~ '` ('
                ~ event_types[event_column | lower] ~ ')', 'two columns of one type: cast one of them in staging', macro) }}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
