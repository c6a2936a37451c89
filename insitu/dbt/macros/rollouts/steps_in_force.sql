{#- The steps of roll-outs, each with the time in which it is in force: (experiment, step, state, challenger, holds_from,
    holds_until). It counts after the moment at which it was decided: what fell due up to then was assigned without it. Before
    the first step, and on the first build, there is none. -#}
{% macro steps_in_force(use_case) -%}
{%- set steps = insitu.relation_there(use_case, 'rollout_steps') -%}
select
    experiment,
    step,
    state,
    challenger,
    decided_at as holds_from,
    lead(decided_at) over (partition by experiment order by decided_at) as holds_until
{%- if steps %}
from {{ steps }}
{%- else %}
from (
    select
        cast(null as {{ dbt.type_string() }}) as experiment,
        cast(null as integer) as step,
        cast(null as {{ dbt.type_string() }}) as state,
        cast(null as {{ dbt.type_string() }}) as challenger,
        cast(null as timestamp) as decided_at
) as nothing
where 1 = 0
{%- endif %}
{%- endmacro %}
