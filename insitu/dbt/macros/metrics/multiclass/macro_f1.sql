{#- Mean over classes of 2 tp / (labelled + predicted): every class weighs the same. Interval: the normal one by the
    delta method; rows with the same label and prediction move it alike, so the confusion table is enough. -#}
{% macro metric_multiclass_macro_f1(relation, by=[], options={}) %}
{%- set same_group = insitu.join_on('cells', 'as_predicted', by) %}
with scores as (
    select
        *,
        2 * tp / (labelled + predicted) as f1,
        count(*) over ({{ insitu.partition_by(by) }}) as n_classes,
        sum(labelled) over ({{ insitu.partition_by(by) }}) as n_rows
    from ({{ insitu.class_counts(relation, by) }}) as classes
),

moved as (
    select
        {{ insitu.by_columns(by, 'cells.') }}
        cells.n_rows,
        (
            case when cells.label = cells.predicted then 2.0 / (as_label.labelled + as_label.predicted) else 0 end
            - as_label.f1 / (as_label.labelled + as_label.predicted)
            - as_predicted.f1 / (as_predicted.labelled + as_predicted.predicted)
        ) * as_label.n_rows / as_label.n_classes as influence
    from ({{ insitu.confusion(relation, by) }}) as cells
    inner join scores as as_label on {{ insitu.join_on('cells', 'as_label', by) }} and cells.label = as_label.class
    inner join scores as as_predicted on {{ same_group }} and cells.predicted = as_predicted.class
),

errors as (
    select
        {{ insitu.by_columns(by) }}
        case when sum(n_rows) > 1
            then sqrt(sum(n_rows * influence * influence) / (cast(sum(n_rows) as double precision) * (sum(n_rows) - 1)))
        end as standard_error
    from moved
    {{ insitu.group_by(by) }}
),

grouped as (
    select
        {{ insitu.by_columns(by, 'scores.') }}
        avg(scores.f1) as value,
        max(errors.standard_error) as standard_error,
        cast(sum(scores.labelled) as bigint) as n_rows
    from scores
    inner join errors on {{ insitu.join_on('scores', 'errors', by) }}
    {{ insitu.group_by(by, prefix='scores.') }}
    having count(*) > 0
)

{{ insitu.normal_interval('macro_f1', 'grouped', by, 0, 1) }}
{% endmacro %}
