{#- The drift of held-out periods with enough rows for an alert, with the chance that an alert may have of a false alarm in
    one: (use_case, model_version, subject, feature, period, metric, value, chance). The four alerts on drift share the one false
    alarm in `days_between_false_alarms` days, and a use case that is scored every hour looks twenty-four times a day. -#}
{% macro stable_periods() -%}
select
    heldout.use_case,
    heldout.model_version,
    heldout.subject,
    heldout.feature,
    cast(heldout.period_start as {{ dbt.type_string() }}) as period,
    heldout.metric,
    heldout.value,
    cast(
        least(0.5, greatest(60, rhythms.every_minutes) / 1440.0 / (4 * limits.days_between_false_alarms)) as double precision
    ) as chance
from {{ ref('insitu', 'mon_heldout_drift') }} as heldout
inner join (
    {{ insitu.limits_of_use_cases(['days_between_false_alarms', 'min_rows']) | indent(4) }}
) as limits on heldout.use_case = limits.use_case
inner join (
    {{ insitu.rhythms() | indent(4) }}
) as rhythms on heldout.use_case = rhythms.use_case
where heldout.n_rows >= limits.min_rows
{%- endmacro %}
