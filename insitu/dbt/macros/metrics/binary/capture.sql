{% macro metric_capture(relation, by=[], options={}) %}
{#- Share of all positives that the top `capacity` share of rows by score holds (cumulative gain). Interval: see
    top_share. -#}
{%- set top = insitu.top_share(relation, by, options.get('capacity', 0.1), options.get('ladder')) %}
{%- set captured -%}
(select {{ insitu.by_columns(by) }}value, standard_error, cast(n_rows as bigint) as n_rows from (
    select *, capture as value
    from ({{ top }}) as first_rows
) as top) as captured
{%- endset %}
{{ insitu.normal_interval('capture', captured, by, 0, 1) }}
{% endmacro %}
