{#- Coefficient of determination: 1 - squared error over the labels' own spread. NULL when the labels have none.
    Interval: the normal one of the ratio of two means, by the delta method. -#}
{% macro metric_r2(relation, by=[], options={}) %}
with centred as (
    select
        *,
        (label - score) * (label - score) as square_error,
        label - avg(label) over ({{ insitu.partition_by(by) }}) as deviation
    from ({{ insitu.metric_rows(relation, by, 'regression') }}) as scored
),

values_of_groups as (
    select
        *,
        nullif(avg(deviation * deviation) over ({{ insitu.partition_by(by) }}), 0) as spread,
        1 - sum(square_error) over ({{ insitu.partition_by(by) }})
            / nullif(sum(deviation * deviation) over ({{ insitu.partition_by(by) }}), 0) as r2
    from centred
),

grouped as (
    select
        {{ insitu.by_columns(by) }}
        max(r2) as value,
        stddev_samp((square_error - (1 - r2) * deviation * deviation) / spread) / sqrt(count(*)) as standard_error,
        count(*) as n_rows
    from values_of_groups
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

{{ insitu.normal_interval('r2', 'grouped', by, none, 1) }}
{% endmacro %}
