{#- Body of `<use_case>__champion`: the model in charge at `as_of`: the last promoted one that no override vetoes, or the
    one an override pins. Overrides are the seed `promotion_overrides`; each acts from its day on. -#}
{% macro champion(use_case) -%}
{%- do insitu.use_case_model(use_case, 'evaluation', 'view') -%}
with promotions as (
    select * from {{ insitu.use_case_ref(use_case, 'promotions') }}
    where decision = 'promoted' and training_as_of <= {{ insitu.timestamp_literal(insitu.training_as_of(use_case)) }}
),

models as (
    select
        model_version,
        candidate,
        family,
        training_as_of,
        trained_rows
    from {{ insitu.use_case_ref(use_case, 'models') }}
    where status = 'trained'
),

overrides as (
    select * from {{ ref('promotion_overrides') }}
    where use_case = '{{ use_case }}' and effective_from <= {{ insitu.timestamp_literal(insitu.as_of()) }}
),

eligible as (
    select
        model_version,
        0 as is_pinned,
        training_as_of as since,
        decided_at,
        reason
    from promotions
    where model_version not in (select model_version from overrides where override = 'veto')

    union all

    select
        model_version,
        1 as is_pinned,
        effective_from as since,
        cast(null as timestamp) as decided_at,
        reason
    from overrides
    where override = 'pin'
),

ranked as (
    select
        *,
        row_number() over (order by is_pinned desc, since desc, decided_at desc, model_version) as rank
    from eligible
),

final as (
    select
        '{{ use_case }}' as use_case,
        models.model_version,
        models.candidate,
        models.family,
        models.training_as_of,
        models.trained_rows,
        ranked.since as champion_since,
        ranked.reason
    from ranked
    inner join models on ranked.model_version = models.model_version
    where ranked.rank = 1
)

select * from final
{%- endmacro %}
