{#- Share of labels at or below the score: what a quantile model should bring to its quantile. -#}
{% macro metric_coverage(relation, by=[], options={}) %}
{{ insitu.share_metric('coverage', 'case when label <= score then 1 else 0 end', '1', relation, by, 'regression') }}
{% endmacro %}
