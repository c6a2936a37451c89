{#- Mean over classes of the area under the one-against-the-rest ROC curve (Provost & Domingos 2000), over the classes
    that have both kinds of rows. Interval: DeLong et al. (1988), a row's part in the areas of all classes taken
    together. -#}
{% macro metric_multiclass_auc(relation, by=[], options={}) %}
{%- set each = by + ['ovr_class'] %}
{%- set is_class = 'case when label = class then 1 else 0 end' %}
with known as (
    select {{ insitu.by_columns(by) }}row_id, class as ovr_class, {{ is_class }} as label, score
    from ({{ insitu.known_classes(relation, by) }}) as known_rows
),

placements as (
    select
        {{ insitu.by_columns(each) }}
        score,
        positives,
        negatives,
        pos,
        (neg_below + neg / 2) / nullif(negatives, 0) as v10,
        (positives - pos_below - pos / 2) / nullif(positives, 0) as v01
    from ({{ insitu.score_ladder('known', each) }}) as ladder
),

areas as (
    select *, sum(pos * v10) over ({{ insitu.partition_by(each) }}) / nullif(positives, 0) as area
    from placements
    where positives > 0 and negatives > 0
),

row_parts as (
    select
        {{ insitu.by_columns(by, 'known.') }}
        known.row_id,
        avg(areas.area) as area,
        -- on the scale of the mean: how much one row moves each area, by its class's share of the rows
        avg(case when known.label = 1
            then (areas.v10 - areas.area) * (areas.positives + areas.negatives) / areas.positives
            else (areas.v01 - areas.area) * (areas.positives + areas.negatives) / areas.negatives
        end) as part
    from known
    inner join areas on {{ insitu.join_on('known', 'areas', each) }} and known.score = areas.score
    {{ insitu.group_by(by, ['known.row_id'], 'known.') }}
),

counts as (
    select {{ insitu.by_columns(by) }}count(distinct row_id) as n_rows
    from known
    {{ insitu.group_by(by) }}
    having count(*) > 0
),

errors as (
    select {{ insitu.by_columns(by) }}max(area) as value, stddev_samp(part) / sqrt(count(*)) as standard_error
    from row_parts
    {{ insitu.group_by(by) }}
    having count(*) > 0
),

grouped as (
    select {{ insitu.by_columns(by, 'counts.') }}errors.value, errors.standard_error, counts.n_rows
    from counts
    left join errors on {{ insitu.join_on('counts', 'errors', by) }}
)

{{ insitu.normal_interval('auc', 'grouped', by, 0, 1) }}
{% endmacro %}

{#- Every class as a binary question: (by…, ovr_class, label, score). -#}
{% macro one_against_rest(relation, by=[]) -%}
(
    select
        {{ insitu.by_columns(by) }}
        class as ovr_class,
        case when label = class then 1 else 0 end as label,
        score
    from ({{ insitu.known_classes(relation, by) }}) as known
) as one_against_rest
{%- endmacro %}
