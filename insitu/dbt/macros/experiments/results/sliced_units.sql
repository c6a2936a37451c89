{#- The rows of `<use_case>__experiment_units` that count, with what their metric declares, once for all units
    (`slice_column` '') and once for each slice of their experiment. -#}
{% macro sliced_units(experiments, units) -%}
{%- for experiment in experiments -%}
{%- for slice in [''] + (experiment.get('slices') or []) -%}
select
    units.experiment, units.unit_id, units.variant, units.is_control, units.step, units.metric, units.counted_from,
    units.counted_until, units.is_first, units.numerator, units.denominator, units.covariate, declared.kind, declared.q,
    declared.winsorise, middles.middle, middles.covariate_middle,
    {{ insitu.text_literal(slice) }} as slice_column,
    {{ 'units.' ~ insitu.identifier('slice_' ~ slice) if slice else "''" }} as slice_value
from {{ units }} as units
inner join declared on units.experiment = declared.experiment and units.metric = declared.metric
inner join middles on units.experiment = middles.experiment and units.metric = middles.metric
where units.counted_from is not null and units.experiment = '{{ experiment.name }}'
union all
{% endfor -%}
{%- endfor -%}
select
    units.experiment, units.unit_id, units.variant, units.is_control, units.step, units.metric, units.counted_from,
    units.counted_until, units.is_first, units.numerator, units.denominator, units.covariate, declared.kind, declared.q,
    declared.winsorise, middles.middle, middles.covariate_middle, '' as slice_column, '' as slice_value
from {{ units }} as units
cross join declared
cross join middles
where 1 = 0
{%- endmacro %}
