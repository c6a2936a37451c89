{% macro metric_expected_calibration_error(relation, by=[], options={}) %}
{#- Mean gap between mean score and share of positives over equal-mass bins, weighted by rows (Naeini et al. 2015).
    No closed-form interval. -#}
select
    {{ by_columns(by) }}
    'expected_calibration_error' as metric,
    sum(n * abs(mean_score - observed)) / sum(n) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(sum(n) as bigint) as n_rows
from ({{ calibration_bins(relation, by, options.get('bins', 10), ladder=options.get('ladder')) }}) as bins
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
