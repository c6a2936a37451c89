{% macro metric_mean_effect(relation, by=[], options={}) %}
{#- Mean label of the treated minus that of the others, among rows whose treatment was drawn. Interval: normal. -#}
{{ insitu.normal_interval('mean_effect', '(' ~ insitu.mean_effects(relation, by) ~ ') as effects', by) }}
{% endmacro %}


{% macro mean_effects(relation, by=[]) %}
{#- The mean effect of each group with its standard error. -#}
    select
        {{ insitu.by_columns(by) }}
        avg(case when treated = 1 then label end) - avg(case when treated = 0 then label end) as value,
        sqrt(
            var_samp(case when treated = 1 then label end) / sum(treated)
            + var_samp(case when treated = 0 then label end) / sum(1 - treated)
        ) as standard_error,
        count(*) as n_rows
    from ({{ insitu.uplift_rows(relation, by) }}) as randomised
    {{ insitu.group_by(by) }}
    having sum(treated) > 0 and sum(1 - treated) > 0
{% endmacro %}
