{#- The version that challenges in an experiment, as a scalar: the newest trained one that was not in charge when the
    experiment began, of several the best on validation. It is fixed when the experiment starts. Reads the CTEs `steps` and
    `tenures`. -#}
{% macro challenger(use_case, experiment) -%}
{%- set sign = '' if insitu.higher_is_better(insitu.use_case_config(use_case).selection_metric) else '-' -%}
coalesce(
    (select min(steps.challenger) from steps where steps.experiment = '{{ experiment.name }}'),
    (
        select ranked.model_version
        from (
            select
                models.model_version,
                row_number() over (
                    order by models.training_as_of desc, {{ sign }}judged.validation_value desc nulls last, models.model_version
                ) as place
            from {{ insitu.relation_of(use_case, 'models') }} as models
            left join (
                select model_version, max(validation_value) as validation_value
                from {{ insitu.relation_of(use_case, 'promotions') }}
                group by model_version
            ) as judged on models.model_version = judged.model_version
            where models.status = 'trained'
                and models.training_as_of <= {{ experiment['from'] }}
                and not exists (
                    select 1
                    from tenures
                    where tenures.model_version = models.model_version and {{ insitu.holds_at(experiment['from']) }}
                )
                and not exists (
                    select 1
                    from {{ insitu.overrides_relation() }} as overrides
                    where overrides.use_case = '{{ use_case }}'
                        and overrides.override = 'veto'
                        and overrides.model_version = models.model_version
                        and overrides.effective_from <= {{ experiment['from'] }}
                )
        ) as ranked
        where ranked.place = 1
    )
)
{%- endmacro %}


{#- The relation of pins and vetoes. -#}
{% macro overrides_relation() -%}{{- ref('promotion_overrides') -}}{%- endmacro %}
