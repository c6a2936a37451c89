{#- Root of the mean squared error. Interval: the normal one of the mean square, rooted. -#}
{% macro metric_rmse(relation, by=[], options={}) %}
select
    {{ insitu.by_columns(by) }}
    'rmse' as metric,
    sqrt(value) as value,
    case when ci_low is not null then sqrt(greatest(0, ci_low)) end as ci_low,
    sqrt(ci_high) as ci_high,
    n_rows
from ({{ insitu.mean_metric('mse', '(label - score) * (label - score)', relation, by, 'regression') }}) as mean_square
{% endmacro %}
