{#- Body of `<use_case>__champion`: the model in charge at `as_of` (`tenures`), and from when until when nothing changes
    who that is: a batch of another time has another champion. When the view is built and nobody is in charge, dbt says so,
    and why. -#}
{% macro champion(use_case) -%}
{%- do insitu.use_case_model(use_case, 'evaluation', 'view') -%}
{%- do insitu.say_no_champion(use_case) -%}
{%- set now = insitu.timestamp_literal(insitu.newest_as_of(use_case)) -%}
with models as (
    select
        model_version,
        candidate,
        family,
        training_as_of,
        trained_rows
    from {{ insitu.use_case_ref(use_case, 'models') }}
    where status = 'trained'
),

in_charge as (
    select *
    from ({{ insitu.tenures(use_case) | indent(4) }}) as tenures
    where {{ insitu.holds_at(now) }}
),

final as (
    select
        '{{ use_case }}' as use_case,
        models.model_version,
        models.candidate,
        models.family,
        models.training_as_of,
        models.trained_rows,
        in_charge.since as champion_since,
        in_charge.reason,
        in_charge.holds_from,
        in_charge.holds_until
    from in_charge
    inner join models on in_charge.model_version = models.model_version
)

select * from final
{%- endmacro %}


{#- A relation for `champions_at` with one row: `as_of`. -#}
{% macro this_moment(use_case) -%}
(select {{ insitu.timestamp_literal(insitu.newest_as_of(use_case)) }} as moment) as now
{%- endmacro %}
