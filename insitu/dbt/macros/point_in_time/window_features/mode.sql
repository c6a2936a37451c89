{#- The most frequent value, the smallest of equals. -#}
{% macro mode_expression(groups, column) %}
    {%- set group = insitu.feature_group(groups, 'mode', column.window, column.measure) -%}
    {%- do group.outputs.update({column.alias: column.measure.quoted}) -%}
    {{ return(group.name ~ '.' ~ column.alias) }}
{% endmacro %}


{#- The CTEs that count every value of a window and keep the most frequent one. -#}
{% macro render_mode(group, keys, plan) -%}
{%- set alias, m = (group.outputs.items() | list)[0] -%}
{%- set key_list = insitu.quoted(keys) | join(', ') -%}
{%- set moment_keys = insitu.quoted(keys + ['as_of'], 'moments.') | join(', ') -%}
{{ group.name }}_counts as (
    select {{ moment_keys }}, events.{{ m }}, count(*) as n_events
    from moments
    inner join events
        on {{ insitu.in_window(group.window, keys, plan) }}
    where events.{{ m }} is not null
    group by {{ moment_keys }}, events.{{ m }}
),

{{ group.name }}_ranks as (
    select *, row_number() over (partition by {{ key_list }}, as_of order by n_events desc, {{ m }}) as place
    from {{ group.name }}_counts
),

{{ group.name }} as (
    select {{ key_list }}, as_of, {{ m }} as {{ alias }} from {{ group.name }}_ranks where place = 1
),
{% endmacro %}
