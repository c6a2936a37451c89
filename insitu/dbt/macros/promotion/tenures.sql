{#- Who was in charge from when until when: (model_version, since, reason, holds_from, holds_until), one row for each stretch
    of time in which nothing changes that. `holds_until` is NULL for the last; so is `model_version` where nobody is. -#}
{% macro tenures(use_case) -%}
select
    in_charge.model_version,
    in_charge.since,
    in_charge.reason,
    stretches.holds_from,
    stretches.holds_until
from (
    select moment as holds_from, lead(moment) over (order by moment) as holds_until
    from ({{ insitu.changes_of_champion(use_case) }}) as changes
) as stretches
left join (
    {{ insitu.champions_at(use_case, '(' ~ insitu.changes_of_champion(use_case) ~ ') as changes') | indent(4) }}
) as in_charge
    on stretches.holds_from = in_charge.moment
{%- endmacro %}


{#- Whether a moment lies in a row of `tenures`. -#}
{% macro holds_at(moment) -%}
({{ moment }} >= tenures.holds_from and (tenures.holds_until is null or {{ moment }} < tenures.holds_until))
{%- endmacro %}


{#- The moments at which somebody else may have come into charge: (moment). -#}
{% macro changes_of_champion(use_case) -%}
select training_as_of as moment
from {{ insitu.use_case_ref(use_case, 'promotions') }}
where decision = 'promoted'
union
select effective_from as moment
from {{ ref('promotion_overrides') }}
where use_case = '{{ use_case }}'
{%- endmacro %}
