{% macro metric_profit_uplift(relation, by=[], options={}) %}
{#- Mean money per row that the model adds over the better of "treat all" and "treat none". Interval: normal, paired by
    row. -#}
{%- set decided = insitu.profit_decided(options.costs, options.threshold) -%}
with compared as (
    select
        {{ insitu.by_columns(by) }}
        {{ decided }} - {{ insitu.profit_treated(options.costs) }} as over_all,
        {{ decided }} - {{ insitu.profit_untreated(options.costs) }} as over_none
    from ({{ insitu.metric_rows(relation, by) }}) as scored
),

grouped as (
    select
        {{ insitu.by_columns(by) }}
        avg(over_all) as over_all,
        avg(over_none) as over_none,
        case when avg(over_all) < avg(over_none) then stddev_samp(over_all) else stddev_samp(over_none) end
            / sqrt(count(*)) as standard_error,
        count(*) as n_rows
    from compared
    {{ insitu.group_by(by) }}
    having count(*) > 0
)

select
    {{ insitu.by_columns(by) }}
    'profit_uplift' as metric,
    least(over_all, over_none) as value,
    least(over_all, over_none) - {{ insitu.interval_z() }} * standard_error as ci_low,
    least(over_all, over_none) + {{ insitu.interval_z() }} * standard_error as ci_high,
    n_rows
from grouped
{% endmacro %}
