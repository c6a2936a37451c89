{% macro metric_f1(relation, by=[], options={}) %}
{#- Harmonic mean of precision and recall at the threshold, 2 tp / (2 tp + fp + fn). Interval: the normal one of the
    ratio of two means, by the delta method. -#}
{%- set influence = '(2 * label * flagged - f1 * (label + flagged)) / nullif(mean_marks, 0)' %}
{%- set of_group = 'over (' ~ insitu.partition_by(by) ~ ')' -%}
with decided as (
    select *, case when score >= {{ options.get('threshold', 0.5) }} then 1.0 else 0.0 end as flagged
    from ({{ insitu.metric_rows(relation, by) }}) as scored
),

values_of_groups as (
    select
        *,
        2 * sum(label * flagged) {{ of_group }} / nullif(sum(label + flagged) {{ of_group }}, 0) as f1,
        avg(label + flagged) {{ of_group }} as mean_marks
    from decided
),

grouped as (
    select
        {{ insitu.by_columns(by) }}
        max(f1) as value,
        stddev_samp({{ influence }}) / sqrt(count(*)) as standard_error,
        count(*) as n_rows
    from values_of_groups
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

{{ insitu.normal_interval('f1', 'grouped', by, 0, 1) }}
{% endmacro %}
