{#-
    Fits categorical encodings on training rows only: one row per column and category, to be stored as a table and
    reused unchanged at scoring. `position` counts from 0, the most frequent first. Categories with fewer than
    `min_rows` rows are left out.
-#}
{% macro fit_encodings(training_set, columns, where="split = 'train'", min_rows=1) %}
{%- set types = insitu.known_columns(training_set) -%}
{%- for column in columns -%}
    {%- do insitu.check_column('columns', column, types, training_set, 'fit_encodings') -%}
{%- endfor -%}
{%- set condition = {'argument': 'where', 'sql': where, 'tried': 'case when ' ~ where ~ ' then 1 end'} -%}
{%- do insitu.check_expressions([condition], training_set, types, columns[0], 'fit_encodings') -%}
with training_rows as (
    select * from {{ training_set }} where {{ where }}
),

categories as (
    {%- for column in columns %}
    select '{{ column }}' as column_name, cast({{ column }} as varchar) as category, count(*) as n_rows
    from training_rows
    where {{ column }} is not null
    group by {{ column }}
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
{%- set joined = (frequency + ordinal) | unique | list -%}
{%- set one_hot = one_hot if one_hot is mapping else insitu.fitted_categories(encodings, one_hot) -%}
{%- for column in joined + one_hot.keys() | list -%}
    {%- do insitu.check_column('columns', column, types, rows, 'apply_encodings') -%}
{%- endfor -%}
with encoding as (
    select * from {{ encodings }}
),

final as (
    select
        unencoded.*
        {%- for column in frequency %},
        coalesce({{ column }}_encoding.frequency, 0) as {{ column }}__frequency
        {%- endfor %}
        {%- for column in ordinal %},
        coalesce({{ column }}_encoding.position, -1) as {{ column }}__ordinal
        {%- endfor %}
        {%- for column, categories in one_hot.items() %}
        {%- for category in categories %}
        {%- set literal = "'" ~ category | replace("'", "''") ~ "'" %}
        {%- set name = column ~ '__is_' ~ modules.re.sub('[^a-z0-9]+', '_', category | lower) -%},
        case when cast(unencoded.{{ column }} as varchar) = {{ literal }} then 1 else 0 end as {{ adapter.quote(name) }}
        {%- endfor %}
        {%- endfor %}
    from {{ rows }} as unencoded
    {%- for column in joined %}
    {%- set encoding, category = column ~ '_encoding', 'cast(unencoded.' ~ column ~ ' as varchar)' %}
    left join encoding as {{ encoding }}
        on {{ encoding }}.column_name = '{{ column }}' and {{ encoding }}.category = {{ category }}
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
