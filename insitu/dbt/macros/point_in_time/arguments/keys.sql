{#- 'a', ['a', 'b'] or {'spine column': 'event column'} -> {spine column: event column}. -#}
{% macro keys_mapping(keys) %}
    {%- if keys is mapping and keys -%}{{ return(keys) }}{%- endif -%}
    {%- set result = {} -%}
    {%- for key in ([keys] if keys is string else keys or []) -%}
        {%- do result.update(key if key is mapping else {key: key}) -%}
    {%- endfor -%}
    {%- if not result -%}
        {%- do insitu.features_error('keys', 'no key', "['entity_id'] or {'spine_column': 'event_column'}") -%}
    {%- endif -%}
    {{ return(result) }}
{% endmacro %}


{#- The select list of a looked-up relation's key columns, under the names that the spine has for them. -#}
{% macro renamed_keys(keys) %}
    {%- set columns = [] -%}
    {%- for spine_column, event_column in keys.items() -%}
        {%- do columns.append(insitu.identifier(event_column)
            ~ (' as ' ~ insitu.identifier(spine_column) if spine_column != event_column else '')) -%}
    {%- endfor -%}
    {{ return(columns) }}
{% endmacro %}


{#- The availability column that the model or source declares in `meta.point_in_time`. -#}
{% macro declared_available_at(events) %}
    {%- if not execute -%}{{ return('available_at') }}{%- endif -%}
    {%- set declared = insitu.declaration_of(events).available_at -%}
    {%- if declared -%}{{ return(declared) }}{%- endif -%}
    {%- do insitu.features_error(
        'available_at', 'none, and ' ~ events ~ ' declares none',
        "a column name here, or `config.meta.point_in_time.available_at` on the events' model"
    ) -%}
{% endmacro %}


{#-
    When a row of the relation is known, in SQL: its time column, and the `lag` that its declaration adds to that.
-#}
{% macro known_at(relation, column) %}
    {{- return(insitu.plus_duration(insitu.identifier(column), insitu.declared_lag(relation, column))) -}}
{% endmacro %}


{#- Seconds that the relation's declaration adds to this time column; 0 for another column. -#}
{% macro declared_lag(relation, column) %}
    {%- set declared = insitu.declaration_of(relation) -%}
    {%- for name in ['available_at', 'matured_at', 'valid_from'] if declared.lag and declared[name] == column -%}
        {{ return(insitu.parse_window(declared.lag, 'lag, declared of ' ~ relation.identifier ~ ',').seconds) }}
    {%- endfor -%}
    {{ return(0) }}
{% endmacro %}


{#- What the relation declares; empty when it is a CTE, declares nothing, or is not known before execution. -#}
{% macro declaration_of(relation) %}
    {%- if not execute or relation is string -%}{{ return({}) }}{%- endif -%}
    {{ return(insitu.point_in_time_declaration(relation) or {}) }}
{% endmacro %}


{#- Does the relation declare (and so test, see obligations) a key within these columns? -#}
{% macro declared_unique(relation, columns) %}
    {%- set declared = insitu.declaration_of(relation) -%}
    {%- for key in declared.get('unique', []) if key | reject('in', columns) | list | length == 0 -%}
        {{ return(true) }}
    {%- endfor -%}
    {{ return(false) }}
{% endmacro %}


{#- The name of a generated column: `<prefix>__<name>`, or the name alone without a prefix. -#}
{% macro prefixed(prefix, name) %}
    {{ return(prefix ~ '__' ~ name if prefix else name) }}
{% endmacro %}
