{#- The quantiles that the candidates of a regression predict beside the score, in order. -#}
{% macro quantiles(config) %}
    {%- set found = [] -%}
    {%- for candidate in config.get('candidates', []) -%}
        {%- for quantile in candidate.get('quantiles') or [] if quantile not in found -%}
            {%- do found.append(quantile) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found | sort) -}}
{% endmacro %}

{#- How a quantile is called in columns and metrics: `p10` for 0.1, `p2_5` for 0.025. -#}
{% macro quantile_name(quantile) %}
    {{- return('p' ~ ('%g' | format(quantile * 100)) | replace('.', '_')) -}}
{% endmacro %}

{#- The columns of the predicted quantiles: `score_p10`, … -#}
{% macro quantile_columns(config) %}
    {%- set found = [] -%}
    {%- for quantile in insitu.quantiles(config) -%}{%- do found.append('score_' ~ insitu.quantile_name(quantile)) -%}{%- endfor -%}
    {{- return(found) -}}
{% endmacro %}

{#- How good the predicted quantiles are: the pinball loss and the coverage of each (a good `coverage_p90` is 0.9), and of
    the outermost two the share of labels between them and how far they are apart. -#}
{% macro quantile_metrics(config, relation, by) %}
{%- set found = insitu.quantiles(config) %}
{%- for quantile in found %}
{%- set name = insitu.quantile_name(quantile) %}
{%- set scored = '(select ' ~ insitu.by_columns(by) ~ 'label, score_' ~ name ~ ' as score from ' ~ relation ~ ') as ' ~ name %}
{%- for metric in ['pinball', 'coverage'] %}
select {{ insitu.by_columns(by) }}'{{ metric }}_{{ name }}' as metric, value, ci_low, ci_high, n_rows
from (
    {{ insitu.macro_named('metric_' ~ metric)(scored, by, {'quantile': quantile}) | indent(4) }}
) as {{ metric }}_{{ name }}
{{ 'union all' if not (loop.last and found | length == 1) }}
{%- endfor %}
{%- endfor %}
{%- if found | length > 1 %}
{%- set low, high = insitu.quantile_name(found | first), insitu.quantile_name(found | last) %}
{%- set between -%}
(
    select
        {{ insitu.by_columns(by) }}
        case when label >= score_{{ low }} and label <= score_{{ high }} then 1 else 0 end as label,
        score_{{ high }} - score_{{ low }} as score
    from {{ relation }}
    where {{ insitu.is_finite('cast(label as double precision)') }}
) as spread
{%- endset %}
{{ insitu.share_metric('coverage_' ~ low ~ '_' ~ high, 'label', '1', between, by, 'regression') }}
union all
{{ insitu.mean_metric('interval_width_' ~ low ~ '_' ~ high, 'score', between, by, 'regression') }}
{%- endif %}
{% endmacro %}
