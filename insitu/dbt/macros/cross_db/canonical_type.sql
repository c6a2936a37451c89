{#- One spelling for the types that warehouses spell differently; precision and length are not compared. -#}
{% macro canonical_type(type) %}
    {%- set plain = modules.re.sub('\\s*\\(.*\\)', '', type | lower | trim) -%}
    {{- return({
        'int': 'integer', 'int2': 'smallint', 'int4': 'integer', 'int8': 'bigint', 'long': 'bigint',
        'double': 'double precision', 'float8': 'double precision', 'float': 'real', 'float4': 'real',
        'text': 'varchar', 'character varying': 'varchar', 'string': 'varchar',
        'char': 'varchar', 'character': 'varchar', 'bpchar': 'varchar',
        'bool': 'boolean', 'decimal': 'numeric', 'blob': 'bytea',
        'timestamp without time zone': 'timestamp', 'timestamp with time zone': 'timestamptz', 'datetime': 'timestamp',
        'time without time zone': 'time', 'time with time zone': 'timetz',
    }.get(plain, plain)) -}}
{% endmacro %}
