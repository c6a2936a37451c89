{% macro metric_maximum_calibration_error(relation, by=[], options={}) %}
{#- The largest gap between mean score and share of positives over equal-width bins: what hides in the thin tails. -#}
select
    {{ by_columns(by) }}
    'maximum_calibration_error' as metric,
    max(abs(mean_score - observed)) as value,
    cast(null as double precision) as ci_low,
    cast(null as double precision) as ci_high,
    cast(sum(n) as bigint) as n_rows
from ({{ calibration_bins(relation, by, options.get('bins', 10), 'width', ladder=options.get('ladder')) }}) as bins
{{ group_by(by) }}
having count(*) > 0
{% endmacro %}
