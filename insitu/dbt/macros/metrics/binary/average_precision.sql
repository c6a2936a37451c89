{% macro metric_average_precision(relation, by=[], options={}) %}
{#- Sum of precision × gain in recall over the distinct scores, as scikit-learn. Interval: logit, Boyd et al. (2013).
    NULL without a positive; the interval is NULL at exactly 1. -#}
{%- set z = insitu.interval_z() -%}
with grouped as (
    select
        {{ insitu.by_columns(by) }}
        sum(pos * (positives - pos_below) / (n_rows - n_below)) / nullif(max(positives), 0) as value,
        max(positives) as positives,
        cast(max(n_rows) as bigint) as n_rows
    from ({{ insitu.score_ladder(relation, by, ladder=options.get('ladder')) }}) as ladder
    {{ insitu.group_by(by) }}
    having count(*) > 0
),

logits as (
    select
        *,
        case when value > 0 and value < 1 then ln(value / (1 - value)) end as logit,
        case when value > 0 and value < 1 then {{ z }} / sqrt(positives * value * (1 - value)) end as margin
    from grouped
)

select
    {{ insitu.by_columns(by) }}
    'average_precision' as metric,
    value,
    -- greatest and least ignore NULL, hence the case; beyond ±700 exp() overflows, and the answer is 0 or 1 anyway
    case when logit is not null then 1 / (1 + exp(least(700, margin - logit))) end as ci_low,
    case when logit is not null then 1 / (1 + exp(greatest(-700, -margin - logit))) end as ci_high,
    n_rows
from logits
{% endmacro %}
