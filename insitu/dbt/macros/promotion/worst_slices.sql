{#- The slice of the test in which each challenger lost most against the champion: (model_version, slice, loss). Reads the
    CTEs `metrics` and `champion`. -#}
{% macro worst_slices(config) -%}
{%- set metric = insitu.selection_metric(config) -%}
with slices as (
    select
        mine.model_version,
        mine.slice_column || ' = ' || mine.slice_value as slice,
        -- an error has the label's unit, so its growth is a share
        {{ 'theirs.value - mine.value' if insitu.higher_is_better(metric) else '(mine.value - theirs.value) / nullif(theirs.value, 0)' }} as loss
    from metrics as mine
    inner join champion on mine.model_version <> champion.model_version
    inner join metrics as theirs
        on champion.model_version = theirs.model_version
        and mine.split = theirs.split
        and mine.slice_column = theirs.slice_column
        and mine.slice_value = theirs.slice_value
        and mine.metric = theirs.metric
    where mine.split = 'test' and mine.metric = '{{ metric }}' and mine.n_rows >= {{ config.promotion.slice_rows }}
),

placed as (
    select
        *,
        row_number() over (partition by model_version order by loss desc, slice) as place
    from slices
    where loss is not null
)

select model_version, slice, loss
from placed
where place = 1
{%- endmacro %}
