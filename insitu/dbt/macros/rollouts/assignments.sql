{#- Body of `<use_case>__assignments`: which variant of which experiment each predicted row got (`assigned`). -#}
{% macro assignments(use_case) -%}
{%- do insitu.use_case_model(use_case, 'actions', 'view') -%}
{%- set predictions = insitu.use_case_ref(use_case, 'predictions') -%}
{%- set _ = insitu.use_case_ref(use_case, 'spine') -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set experiments = insitu.experiments(use_case) -%}
{%- do insitu.check_units(use_case, experiments) -%}
{%- do insitu.check_plans(use_case, experiments) -%}
with tenures as (
    {{ insitu.tenures(use_case) | indent(4) }}
),

steps as (
    {{ insitu.steps_in_force(use_case) | indent(4) }}
),

taking_part as (
    {{ insitu.rows_assigned(use_case, experiments, predictions) | indent(4) }}
),

final as (
    {%- if experiments %}
    {{ insitu.assigned(use_case, experiments, 'taking_part') | indent(4) }}
    {%- else %}
    {{ insitu.nobody_assigned(config, 'taking_part') | indent(4) }}
    {%- endif %}
)

select * from final
{%- endmacro %}


{#- The columns of `assigned`, without any row. -#}
{% macro nobody_assigned(config, rows) -%}
{%- set text = dbt.type_string() -%}
select
    {%- for column in insitu.quoted(config.key) %}
    {{ column }},
    {%- endfor %}
    cast(null as {{ text }}) as experiment,
    cast(null as {{ text }}) as variant,
    cast(null as {{ text }}) as unit_id,
    cast(null as double precision) as share,
    cast(null as double precision) as propensity,
    cast(null as integer) as is_control,
    cast(null as integer) as is_shadow,
    cast(null as integer) as step,
    cast(null as double precision) as threshold,
    cast(null as {{ text }}) as forced_action,
    cast(null as {{ text }}) as assigned_version
from {{ rows }}
where 1 = 0
{%- endmacro %}
