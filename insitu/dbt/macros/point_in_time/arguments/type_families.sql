{#- number | text | time | boolean | other: keys of both sides must be of one family. -#}
{% macro type_family(data_type) %}
    {%- set name = data_type | lower -%}
    {%- set numbers = '^(u?(tiny|small|big|huge)?int(eger)?[0-9]*|numeric|decimal|real|float|double|oid)' -%}
    {%- if name.startswith('interval') or name.endswith('[]') -%}
        {{ return('other') }}
    {%- elif modules.re.match(numbers, name) -%}
        {{ return('number') }}
    {%- elif modules.re.match('^(character|varchar|text|char|bpchar|string|uuid|enum|name)', name) -%}
        {{ return('text') }}
    {%- elif modules.re.match('^(timestamp|date|time)', name) -%}
        {{ return('time') }}
    {%- elif modules.re.match('^bool', name) -%}
        {{ return('boolean') }}
    {%- endif -%}
    {{ return('other') }}
{% endmacro %}


{#-
    Can running totals of this type be subtracted without loss?
    Returns {'sum': bool, 'squares': bool, 'scale': decimal places}; floating point and unknown types: never.
-#}
{% macro exactness(data_type) %}
    {%- set name = (data_type or '') | lower -%}
    {%- if modules.re.match('^(u?tinyint|u?smallint|integer|int|int2|int4|boolean)$', name) -%}
        {{ return({'sum': true, 'squares': true, 'scale': 0}) }}
    {%- elif modules.re.match('^(bigint|int8|uinteger)$', name) -%}
        {{ return({'sum': true, 'squares': false, 'scale': 0}) }}
    {%- endif -%}
    {%- set found = modules.re.match('^(?:decimal|numeric)\\(([0-9]+), *([0-9]+)\\)$', name) -%}
    {%- if found and found.group(1) | int <= 18 -%}
        {{ return({'sum': true, 'squares': found.group(1) | int <= 9, 'scale': found.group(2) | int}) }}
    {%- endif -%}
    {{ return({'sum': false, 'squares': false, 'scale': 0}) }}
{% endmacro %}


{#- Does the database sum this type without loss, beyond what floating point holds? For dbt-postgres a bigint is a
    longinteger. -#}
{% macro sums_exactly(data_type) %}
    {%- set exact = '(decimal|numeric|u?bigint|int8|longinteger|u?hugeint)' -%}
    {{ return(modules.re.match(exact, (data_type or '') | lower) is not none) }}
{% endmacro %}


{#- Surely not a number: sums and averages of it mean nothing, or would fail on the first row. -#}
{% macro is_no_number(data_type) %}
    {%- set others = '^(interval|binary|blob|bytea|struct|map|.*\\[\\]$|.*array$)' -%}
    {{ return(
        insitu.type_family(data_type) in ['text', 'time'] or modules.re.match(others, data_type | lower) is not none
    ) }}
{% endmacro %}
