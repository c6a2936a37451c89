{#- Coefficient of determination: 1 - squared error over the labels' own spread. NULL when the labels have none. Interval:
    the normal one of the ratio of two means, by the delta method. -#}
{% macro metric_r2(relation, by=[], options={}) %}
with centred as (
    select
        *,
        (label - score) * (label - score) as square_error,
        label - avg(label) over ({{ partition_by(by) }}) as deviation
    from ({{ metric_rows(relation, by, 'regression') }}) as scored
),

values_of_groups as (
    select
        *,
        nullif(avg(deviation * deviation) over ({{ partition_by(by) }}), 0) as spread,
        1 - sum(square_error) over ({{ partition_by(by) }})
            / nullif(sum(deviation * deviation) over ({{ partition_by(by) }}), 0) as r2
    from centred
),

grouped as (
    select
        {{ by_columns(by) }}
        max(r2) as value,
        stddev_samp((square_error - (1 - r2) * deviation * deviation) / spread) / sqrt(count(*)) as standard_error,
        count(*) as n_rows
    from values_of_groups
    {{ group_by(by) }}
    having count(*) > 0
)

{{ normal_interval('r2', 'grouped', by, none, 1) }}
{% endmacro %}
