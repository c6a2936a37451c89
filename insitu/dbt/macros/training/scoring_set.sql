{#- Body of `<use_case>__scoring_set`: the same features, for the spine rows that fell due in the window that ends at
    `as_of`. A row is never there before its own as-of time: on live data nothing after it would be known. -#}
{% macro scoring_set(use_case) -%}
{%- do insitu.use_case_model(use_case, 'training', 'view') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set features = insitu.use_case_ref(use_case, 'features') -%}
{%- set columns = adapter.get_columns_in_relation(features) if execute else [] -%}
{%- do insitu.check_features(features, columns | map(attribute='name'), config.key, config) -%}
{%- set now = insitu.timestamp_literal(insitu.as_of(use_case)) -%}
{%- set time = insitu.identifier(config.as_of) -%}
{%- set window = insitu.scoring_window(use_case) -%}
with features as (
    select * from {{ features }}
    where {{ time }} > {{ now }} - {{ window }}
        and {{ time }} <= {{ now }}
),

contents as (
    select {{ insitu.content_hash(columns) }} as scoring_set_id
    from features
),

final as (
    select
        -- A scalar subquery runs once; the other side of a cross join may run for every row.
        (select scoring_set_id from contents) as scoring_set_id,
        {{ now }} as batch_as_of,
        features.*
    from features
)

select * from final
{%- endmacro %}


{#- How far back a run looks for rows that nobody has scored, as a SQL interval: `scoring.window`, or, where that is not
    declared, a week, and a whole period of `scoring.every` where that is longer. -#}
{% macro scoring_window(use_case) %}
    {%- set scoring = insitu.use_case_config(use_case).scoring -%}
    {%- set every = insitu.duration_interval(use_case, 'scoring.every', scoring.every) -%}
    {%- if scoring.window -%}{{- return(insitu.duration_interval(use_case, 'scoring.window', scoring.window)) -}}{%- endif -%}
    {%- set seconds = insitu.read_duration(scoring.every).seconds -%}
    {{- return("interval '7 days'" if seconds is not none and seconds <= 7 * 86400 else every) -}}
{% endmacro %}
