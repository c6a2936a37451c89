{#- Every day of each experiment in `units`: (experiment, day), from its first exposure on up to now, and of one that is over up to
    the last day on which something became known. -#}
{% macro looks(use_case, experiments, units) -%}
{%- set now = insitu.newest_as_of(use_case) -%}
{%- set most = namespace(days=0) -%}
{%- for experiment in experiments -%}
    {%- set begins = modules.datetime.datetime.strptime(experiment['from'][11:21], '%Y-%m-%d') -%}
    {%- set most.days = [most.days, (now - begins).days + 1] | max -%}
{%- endfor -%}
select bounds.experiment, bounds.first_day + days.number as day
from (
    select
        experiment,
        min(cast(first_exposed_at as date)) as first_day,
        greatest(
            max(counted_from), max(known_from), max(cast(conflicting_from as date)), max(cast(first_exposed_at as date)),
            case
                {%- for experiment in experiments if experiment.until %}
                when experiment = '{{ experiment.name }}'
                then cast(least({{ experiment.until }}, {{ insitu.timestamp_literal(now) }}) as date)
                {%- endfor %}
                else cast({{ insitu.timestamp_literal(now) }} as date)
            end
        ) as last_day
    from {{ units }}
    group by experiment
) as bounds
inner join (select cast(i as integer) as number from generate_series(0, {{ most.days }}) as numbers (i)) as days
    on bounds.first_day + days.number <= bounds.last_day
{%- endmacro %}
