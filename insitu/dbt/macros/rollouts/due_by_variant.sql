{#- The experiments of a use case in which a variant has a model of its own. -#}
{% macro experiments_of_models(use_case) %}
    {%- set found = [] -%}
    {%- for experiment in insitu.experiments(use_case) -%}
        {%- set models = experiment.variants | rejectattr('model', 'none') | rejectattr('model', 'equalto', 'champion') | list -%}
        {%- if models -%}{%- do found.append(experiment) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{#- The rows of the scoring set with the version of their variant, and of those in charge elsewhere; with `shadows` once more for
    each version that scores them in shadow, which `is_shadow` says. Reads the CTEs `scoring_set`, `tenures` and `assigned`. -#}
{% macro due_by_variant(config, shadows) -%}
select
    coalesce(assigned.assigned_version, tenures.model_version) as model_version,
    {%- if shadows %}
    0 as is_shadow,
    {%- endif %}
    scoring_set.*
from scoring_set
left join tenures on {{ insitu.holds_at('scoring_set.' ~ insitu.identifier(config.as_of)) }}
left join assigned
    on {{ insitu.join_on('assigned', 'scoring_set', config.key) }}
    and assigned.assigned_version is not null
    and assigned.is_shadow = 0
{%- if shadows %}
union all
select
    in_shadow.assigned_version as model_version,
    1 as is_shadow,
    scoring_set.*
from scoring_set
inner join (
    select distinct {{ insitu.quoted(config.key + ['assigned_version']) | join(', ') }}
    from assigned
    where assigned_version is not null and is_shadow = 1
) as in_shadow on {{ insitu.join_on('in_shadow', 'scoring_set', config.key) }}
{%- endif %}
{%- endmacro %}


{#- 1 where the batch of a prediction was made in shadow. -#}
{% macro was_in_shadow(batches) -%}
{%- if batches -%}
case when batch_id in (select batch_id from {{ batches }} where is_shadow = 1) then 1 else 0 end
{%- else -%}
0
{%- endif -%}
{%- endmacro %}
