{#- The normal quantile of two-sided 95 % intervals. The level is fixed, so that every interval in the warehouse means
    the same. -#}
{% macro interval_z() -%}1.959963984540054{%- endmacro %}

{% macro mean_metric(metric, expression, relation, by=[], task='binary') %}
{#- The mean of a per-row quantity, with its normal interval (NULL below two rows). -#}
    select
        {{ insitu.by_columns(by) }}
        '{{ metric }}' as metric,
        avg(term) as value,
        avg(term) - {{ insitu.interval_z() }} * stddev_samp(term) / sqrt(count(*)) as ci_low,
        avg(term) + {{ insitu.interval_z() }} * stddev_samp(term) / sqrt(count(*)) as ci_high,
        count(*) as n_rows
    from (
        select {{ insitu.by_columns(by) }}{{ expression }} as term
        from ({{ insitu.metric_rows(relation, by, task) }}) as scored
    ) as terms
    {{ insitu.group_by(by) }}
    having count(*) > 0
{% endmacro %}

{% macro share_metric(metric, hits, trials, relation, by=[], task='binary') %}
{#- A share, hits / trials (per-row 0/1 expressions), with its Wilson score interval; NULL without a trial. -#}
{%- set z = insitu.interval_z() %}
{%- set z2 = '(' ~ z ~ ' * ' ~ z ~ ')' %}
    select
        {{ insitu.by_columns(by) }}
        '{{ metric }}' as metric,
        hits / trials as value,
        -- greatest and least ignore NULL, so the case keeps "unknown" unknown
        case when trials > 0 then greatest(0, middle - margin) end as ci_low,
        case when trials > 0 then least(1, middle + margin) end as ci_high,
        n_rows
    from (
        select
            *,
            (hits + {{ z2 }} / 2) / (trials + {{ z2 }}) as middle,
            {{ z }} * sqrt(hits * (trials - hits) / trials + {{ z2 }} / 4) / (trials + {{ z2 }}) as margin
        from (
            select
                {{ insitu.by_columns(by) }}
                cast(sum({{ hits }}) as double precision) as hits,
                nullif(cast(sum({{ trials }}) as double precision), 0) as trials,
                count(*) as n_rows
            from ({{ insitu.metric_rows(relation, by, task) }}) as scored
            {{ insitu.group_by(by) }}
            having count(*) > 0
        ) as counted
    ) as wilson
{% endmacro %}
