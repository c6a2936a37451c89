{#-
    SQL expressions in the arguments are shown to the database before anything is made of them: nothing is read, the
    database only resolves names and types. `expressions` is a list of {'argument', 'sql', 'tried'}: `tried` is what the
    macro will make of the expression, if that is more than the expression itself.
-#}
{% macro check_expressions(expressions, relation, types, beside, macro) %}
    {%- if not execute or types is none or not expressions -%}{{ return('') }}{%- endif -%}
    {#- All at once; one by one only to say which it was. -#}
    {%- if not insitu.database_refusal(insitu.expressions_query(expressions, relation, beside)) -%}
        {{ return('') }}
    {%- endif -%}
    {%- for expression in expressions -%}
        {%- set refusal = insitu.database_refusal(insitu.expressions_query([expression], relation, beside)) -%}
        {%- if refusal -%}
            {%- do insitu.features_error(
                expression.argument,
                '`' ~ expression.sql ~ '`, of which the database says: ' ~ refusal.split('\n')[0],
                'an SQL expression over the columns of ' ~ relation ~ ': ' ~ types.keys() | join(', '), macro
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}


{#- With a column beside them, so that an aggregate is refused. -#}
{% macro expressions_query(expressions, relation, beside) %}
    {%- set columns = [beside] -%}
    {%- for expression in expressions -%}
        {%- do columns.append('(' ~ (expression.tried or expression.sql) ~ ')') -%}
    {%- endfor -%}
    {{ return('select ' ~ columns | join(', ') ~ ' from ' ~ insitu.from_relation(relation)) }}
{% endmacro %}


{#- What the database has against a query, without running it; none if nothing, or if it can not be asked. -#}
{% macro database_refusal(query) %}{{ return(adapter.dispatch('database_refusal', 'insitu')(query)) }}{% endmacro %}

{% macro default__database_refusal(query) %}{{ return(none) }}{% endmacro %}


{#- Not every plan can be written as JSON (that of a CSV file can not): such a refusal is not one of the query. -#}
{% macro duckdb__database_refusal(query) %}
    {%- set plan = "json_serialize_plan('" ~ query | replace("'", "''") ~ "')" -%}
    {%- set row = run_query(
        "select p ->> '$.error_type', p ->> '$.error_message' from (select " ~ plan ~ ' as p) as planned'
    ).rows[0] -%}
    {{ return(row[1] if row[0] in ['binder', 'catalog', 'parser', 'syntax'] else none) }}
{% endmacro %}


{#-
    The block undoes its own error, so the transaction goes on. Class 42: syntax, names and types; 22: a constant that
    can not be cast.
-#}
{% macro postgres__database_refusal(query) %}
    {%- set block -%}
        begin
            perform set_config('insitu.refusal', '', false);
            execute {{ insitu.text_literal('explain ' ~ query) }};
        exception when others then
            perform set_config(
                'insitu.refusal',
                case when sqlstate ~ '^(42|22)' and sqlstate <> '42501' then sqlerrm else '' end,
                false
            );
        end
    {%- endset -%}
    {%- set asked = 'do ' ~ insitu.text_literal(block) ~ "; select current_setting('insitu.refusal') as refusal" -%}
    {{ return(run_query(asked).rows[0][0] or none) }}
{% endmacro %}
