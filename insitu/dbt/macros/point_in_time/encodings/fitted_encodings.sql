{#-
    Fits categorical encodings on training rows only: one row per column and category, to be stored as a table and
    reused unchanged at scoring. `position` counts from 0, the most frequent first. Categories with fewer than
    `min_rows` rows are left out.
-#}
{% macro fit_encodings(training_set, columns, where="split = 'train'", min_rows=1) %}
{%- set types = insitu.known_columns(training_set) -%}
{%- set names = [] -%}
{%- for column in columns -%}
    {%- do names.append(insitu.check_column('columns', column, types, training_set, 'fit_encodings')) -%}
{%- endfor -%}
{%- set where_sql = insitu.column_or_sql(where, types) -%}
{%- set condition = {'argument': 'where', 'sql': where, 'tried': 'case when ' ~ where_sql ~ ' then 1 end'} -%}
{%- do insitu.check_expressions([condition], training_set, types, insitu.identifier(names[0]), 'fit_encodings') -%}
with training_rows as (
    select * from {{ insitu.from_relation(training_set) }} where {{ where_sql }}
),

categories as (
    {%- for name in names %}
    {%- set value = insitu.identifier(name) %}
    select {{ insitu.text_literal(name) }} as column_name, cast({{ value }} as varchar) as category, count(*) as n_rows
    from training_rows
    where {{ value }} is not null
    group by {{ value }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        column_name,
        category,
        n_rows,
        cast(n_rows as double precision) / (select count(*) from training_rows) as frequency,
        row_number() over (partition by column_name order by n_rows desc, category) - 1 as position
    from categories
    where n_rows >= {{ min_rows }}
)

select * from final
{%- endmacro %}


{#-
    Adds encoded columns to rows: <column>__frequency (0 if unseen), <column>__ordinal (-1 if unseen),
    <column>__is_<category> (0 or 1). One-hot columns are those of the stored encodings when the model is compiled, or
    given as {column: [categories]}.
-#}
{% macro apply_encodings(rows, encodings, frequency=[], ordinal=[], one_hot=[]) %}
{%- set types = insitu.known_columns(rows) -%}
{%- set one_hot = one_hot if one_hot is mapping else insitu.fitted_categories(encodings, one_hot) -%}
{%- set own, planned = {}, [] -%}
{%- for column in frequency + ordinal + one_hot.keys() | list -%}
    {%- do own.update({column: insitu.check_column('columns', column, types, rows, 'apply_encodings')}) -%}
{%- endfor -%}
{%- for column in frequency -%}
    {%- set sql = 'coalesce(' ~ insitu.identifier(column ~ '_encoding') ~ '.frequency, 0)' -%}
    {%- do planned.append({'name': column ~ '__frequency', 'sql': sql}) -%}
{%- endfor -%}
{%- for column in ordinal -%}
    {%- set sql = 'coalesce(' ~ insitu.identifier(column ~ '_encoding') ~ '.position, -1)' -%}
    {%- do planned.append({'name': column ~ '__ordinal', 'sql': sql}) -%}
{%- endfor -%}
{%- for column, categories in one_hot.items() -%}
    {%- set value = 'cast(unencoded.' ~ insitu.identifier(own[column]) ~ ' as varchar)' -%}
    {%- for category in categories -%}
        {%- set name = column ~ '__is_' ~ modules.re.sub('[^a-z0-9]+', '_', category | lower) -%}
        {%- set sql = 'case when ' ~ value ~ ' = ' ~ insitu.text_literal(category) ~ ' then 1 else 0 end' -%}
        {%- do planned.append({'name': name, 'sql': sql}) -%}
    {%- endfor -%}
{%- endfor -%}
{%- do insitu.check_generated_names('columns', planned, types.keys() | list if types else [], 'apply_encodings') -%}
with encoding as (
    select * from {{ encodings }}
),

final as (
    select
        unencoded.*
        {%- for column in planned %},
        {{ column.sql }} as {{ insitu.identifier(column.name) }}
        {%- endfor %}
    from {{ insitu.rows_of(rows) }} as unencoded
    {%- for column in (frequency + ordinal) | unique %}
    {%- set name = insitu.identifier(column ~ '_encoding') %}
    left join encoding as {{ name }}
        on {{ name }}.column_name = {{ insitu.text_literal(own[column]) }}
        and {{ name }}.category = cast(unencoded.{{ insitu.identifier(own[column]) }} as varchar)
    {%- endfor %}
)

select * from final
{%- endmacro %}


{#- {column: categories} of the stored encodings; the columns without categories before they are built. -#}
{% macro fitted_categories(encodings, columns) %}
    {%- set result = {} -%}
    {%- for column in columns -%}{%- do result.update({column: []}) -%}{%- endfor -%}
    {%- if execute and columns and load_relation(encodings) -%}
        {%- set query = 'select column_name, category from ' ~ encodings ~ ' order by column_name, position' -%}
        {%- for column, category in run_query(query).rows if column in result -%}
            {%- do result[column].append(category) -%}
        {%- endfor -%}
    {%- elif execute and columns -%}
        {%- do exceptions.warn(
            'apply_encodings: ' ~ encodings ~ ' is not built yet, so there are no one-hot columns.'
        ) -%}
    {%- endif -%}
    {{ return(result) }}
{% endmacro %}
