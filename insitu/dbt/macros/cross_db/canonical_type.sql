{#- One spelling for the types that warehouses spell differently; precision and length are not compared. -#}
{% macro canonical_type(type) %}
    {%- set plain = modules.re.sub('\\s*\\(.*\\)', '', type | lower | trim) -%}
    {{- return({
        'int': 'integer', 'int4': 'integer', 'int8': 'bigint', 'long': 'bigint',
        'double': 'double precision', 'float8': 'double precision',
        'text': 'varchar', 'character varying': 'varchar', 'string': 'varchar',
        'bool': 'boolean', 'decimal': 'numeric', 'blob': 'bytea',
        'timestamp without time zone': 'timestamp', 'timestamp with time zone': 'timestamptz',
    }.get(plain, plain)) -}}
{% endmacro %}
