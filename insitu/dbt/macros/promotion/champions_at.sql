{#- Who was in charge at each of several moments: (moment, model_version, since, reason), at most one row for each row of
    `moments`, a relation with a column `moment`. It is the last promoted version that no override vetoes, or the one that
    an override pins. Overrides are the seed `promotion_overrides`; each acts from its day on. -#}
{% macro champions_at(use_case, moments) -%}
with moments as (
    select moment
    from {{ moments }}
),

promotions as (
    select model_version, training_as_of, decided_at, reason
    from {{ insitu.use_case_ref(use_case, 'promotions') }}
    where decision = 'promoted'
),

overrides as (
    select * from {{ ref('promotion_overrides') }}
    where use_case = '{{ use_case }}'
),

eligible as (
    select
        moments.moment,
        promotions.model_version,
        0 as is_pinned,
        promotions.training_as_of as since,
        promotions.decided_at,
        promotions.reason
    from moments
    inner join promotions on moments.moment >= promotions.training_as_of
    where not exists (
        select 1
        from overrides
        where overrides.override = 'veto'
            and overrides.model_version = promotions.model_version
            and overrides.effective_from <= moments.moment
    )

    union all

    select
        moments.moment,
        overrides.model_version,
        1 as is_pinned,
        overrides.effective_from as since,
        cast(null as timestamp) as decided_at,
        overrides.reason
    from moments
    inner join overrides on moments.moment >= overrides.effective_from
    where overrides.override = 'pin'
),

ranked as (
    select
        *,
        row_number() over (
            partition by moment
            order by is_pinned desc, since desc, decided_at desc, model_version
        ) as place
    from eligible
)

select moment, model_version, since, reason
from ranked
where place = 1
{%- endmacro %}
