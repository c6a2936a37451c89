{#- Before rows are appended to a table that is never rewritten: a column whose type has changed is widened to a type that
    holds what is there and what is to come, both exactly. Where there is none, stop: the database would round the new
    values, or read them as something else, without a word. -#}
{% macro keep_types(kept, incoming) %}
    {%- set existing = load_relation(kept) if execute else none -%}
    {%- if not existing or not existing.is_table -%}{{ return('') }}{%- endif -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(incoming) -%}
        {%- do types.update({column.name: column.data_type | lower}) -%}
    {%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(existing) if column.name in types -%}
        {%- set before, now = column.data_type | lower, types[column.name] -%}
        {%- if before != now -%}
            {%- set wider = insitu.wider_type(before, now) -%}
            {%- set lossy = [] -%}
            {%- for relation, type in [(existing, before), (incoming, now)] if wider and insitu.is_rounded(relation, column.name, type, wider) -%}
                {%- do lossy.append(relation) -%}
            {%- endfor -%}
            {%- if not wider or lossy -%}
                {%- do exceptions.raise_compiler_error(
                    "`" ~ existing.identifier ~ "` keeps `" ~ column.name ~ "` as " ~ before ~ " and never rewrites a row; `"
                    ~ incoming.identifier ~ "` now has it as " ~ now ~ ", and "
                    ~ ("values that " ~ wider ~ " would round" if wider else "no type holds both")
                    ~ ". Cast the column to " ~ before ~ " where it is made, or give it another name: the old column stays, empty"
                    ~ " from now on."
                ) -%}
            {%- elif wider != before -%}
                {%- do run_query(
                    "alter table " ~ existing ~ " alter column " ~ insitu.identifier(column.name) ~ " type " ~ wider
                ) -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- The narrowest type for values of two types, or none; whether each value fits is for `is_rounded` to say. -#}
{% macro wider_type(left, right) %}
    {%- set families = [insitu.type_family(left), insitu.type_family(right)] | unique | list -%}
    {%- if families == ['text'] -%}{{ return('text') }}{%- endif -%}
    {%- if left == right or families == ['time'] and [left, right] | sort | first == 'date'
            and insitu.canonical_type([left, right] | sort | last) == 'timestamp' -%}
        {{ return([left, right] | sort | last) }}
    {%- elif families != ['number'] -%}
        {{ return(none) }}
    {%- endif -%}
    {#- Numbers have digits before and behind the point; floating-point numbers take all there are. -#}
    {%- set digits, scales = [], [] -%}
    {%- for type in [left, right] -%}
        {%- if insitu.canonical_type(type) in ['double precision', 'real', 'float'] -%}{{ return('double precision') }}{%- endif -%}
        {%- if type == 'numeric' -%}{{ return('numeric') }}{%- endif -%}
        {%- set decimal = modules.re.fullmatch('(?:decimal|numeric)\\(([0-9]+), *([0-9]+)\\)', type) -%}
        {%- set whole = {
            'tinyint': 3, 'utinyint': 4, 'smallint': 5, 'usmallint': 6, 'integer': 10, 'uinteger': 11, 'bigint': 19, 'ubigint': 20,
            'hugeint': 38,
        } -%}
        {%- do digits.append(decimal.group(1) | int - decimal.group(2) | int if decimal else whole.get(type, 99)) -%}
        {%- do scales.append(decimal.group(2) | int if decimal else 0) -%}
    {%- endfor -%}
    {%- set digits, scale = digits | max, scales | max -%}
    {%- if '(' not in left ~ right -%}
        {%- for type, most in [('smallint', 5), ('integer', 10), ('bigint', 19), ('hugeint', 38)] if digits <= most -%}
            {{ return(type) }}
        {%- endfor -%}
    {%- elif digits + scale <= 38 -%}
        {{ return('decimal(' ~ (digits + scale) ~ ', ' ~ scale ~ ')') }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}


{#- Whether a column has values that a floating-point number can not hold. -#}
{% macro is_rounded(relation, column, type, wider) %}
    {%- if wider != 'double precision' or insitu.canonical_type(type) in ['double precision', 'real', 'float'] -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set value = insitu.identifier(column) -%}
    {%- set is_whole = '(' not in type and type != 'numeric' -%}
    {%- set same = 'abs(' ~ value ~ ') <= 9007199254740992' if is_whole
        else 'cast(cast(' ~ value ~ ' as double precision) as ' ~ type ~ ') = ' ~ value -%}
    {%- set found = run_query('select count(*) from ' ~ relation ~ ' where not (' ~ same ~ ')') -%}
    {{ return(found.rows[0][0] > 0) }}
{% endmacro %}
