{% macro curve_calibration(relation, by=[], options={}) %}
{#- Equal-mass reliability bins: x = mean score, y = share of positives (mean label in a regression), threshold = the
    lowest score of the bin. -#}
{%- set bins, task = options.get('bins', 10), options.get('task', 'binary') -%}
select
    {{ insitu.by_columns(by) }}
    'calibration' as curve,
    cast(row_number() over ({{ insitu.partition_by(by) }} order by bin) as integer) as point,
    lowest_score as threshold,
    mean_score as x,
    observed as y,
    cast(n as bigint) as n_rows
from ({{ insitu.calibration_bins(relation, by, bins, 'mass', task, options.get('ladder')) }}) as bins
{% endmacro %}
