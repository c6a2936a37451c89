{% macro metric_capture(relation, by=[], options={}) %}
{#- Share of all positives that the top `capacity` share of rows by score holds (cumulative gain). Interval: see
    top_share. -#}
{%- set top -%}
(
    select *, capture as value
    from ({{ insitu.top_share(relation, by, options.get('capacity', 0.1), options.get('ladder')) }}) as first_rows
) as top
{%- endset %}
{{ insitu.normal_interval('capture', "(select " ~ insitu.by_columns(by) ~ "value, standard_error, cast(n_rows as bigint) as n_rows from " ~ top ~ ") as captured", by, 0, 1) }}
{% endmacro %}
