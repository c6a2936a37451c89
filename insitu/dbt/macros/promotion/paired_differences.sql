{#- How much better each challenger is than the champion on the same days: (model_version, mean_difference,
    difference_error). Models on the same rows are strongly correlated, and rows of one day too; the mean of the daily
    differences against its standard error is a paired test for any metric. Reads the CTEs `heldout` and `champion`. -#}
{% macro paired_differences(config) -%}
{%- set metric = insitu.selection_metric(config) -%}
{%- set sign = 1 if insitu.higher_is_better(metric) else -1 -%}
{%- set metric_macro = 'metric_' ~ ('multiclass_' if config.task == 'multiclass' else '') ~ metric -%}
with by_day as (
    select
        model_version,
        cast({{ insitu.identifier(config.as_of) }} as date) as day,
        {{ insitu.scored_columns(config) }}
    from heldout
),

daily as (
    {{ insitu.macro_named(metric_macro)('by_day', ['model_version', 'day'], insitu.metric_options(config)) | indent(4) }}
)

select
    mine.model_version,
    avg({{ sign }} * (mine.value - theirs.value)) as mean_difference,
    stddev_samp(mine.value - theirs.value) / sqrt(count(*)) as difference_error
from daily as mine
inner join champion on mine.model_version <> champion.model_version
inner join daily as theirs
    on champion.model_version = theirs.model_version and mine.day = theirs.day
where mine.value is not null and theirs.value is not null
group by mine.model_version
{%- endmacro %}
