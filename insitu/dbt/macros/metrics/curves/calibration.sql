{% macro curve_calibration(relation, by=[], options={}) %}
{#- Equal-mass reliability bins: x = mean score, y = share of positives (mean label in a regression), threshold = the
    lowest score of the bin. -#}
select
    {{ insitu.by_columns(by) }}
    'calibration' as curve,
    cast(row_number() over ({{ insitu.partition_by(by) }} order by bin) as integer) as point,
    lowest_score as threshold,
    mean_score as x,
    observed as y,
    cast(n as bigint) as n_rows
from ({{ insitu.calibration_bins(relation, by, options.get('bins', 10), 'mass', options.get('task', 'binary'), options.get('ladder')) }}) as bins
{% endmacro %}
