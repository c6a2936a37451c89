{#- The policy that a use case declares now, as a row: from which score on a row is treated, what each outcome costs, and what
    the two actions are called. The threshold is NULL where nothing says when to act (`decides`), a cost where none is given. -#}
{% macro declared_policy(use_case) -%}
{%- set config = insitu.use_case_config(use_case) -%}
{%- set options = insitu.metric_options(config) -%}
{%- set decidable = options.task == 'binary' and insitu.decides(config) -%}
select
    '{{ use_case }}' as use_case,
    {{ insitu.timestamp_literal(insitu.as_of(use_case)) }} as decided_from,
    cast({{ options.threshold if decidable else 'null' }} as double precision) as threshold,
    {%- for outcome in ['true_positive', 'false_positive', 'false_negative', 'true_negative'] %}
    cast({{ options.costs[outcome] if decidable and options.costs else 'null' }} as double precision) as {{ outcome }},
    {%- endfor %}
    cast({{ insitu.text_literal(config.actions.treat) }} as {{ dbt.type_string() }}) as treat,
    cast({{ insitu.text_literal(config.actions.none) }} as {{ dbt.type_string() }}) as treat_not,
    {{ insitu.timestamp_literal(run_started_at.astimezone(modules.pytz.utc)) }} as written_at
{%- endmacro %}


{#- The policies of a use case with the time in which each decided: (decided_from, decided_until, threshold, costs…, treat,
    treat_not). The first also decided what was predicted before it was written down; of two
    for one moment the later written counts. -#}
{% macro policies(use_case) -%}
select
    policies.*,
    lead(decided_from) over (order by decided_from) as decided_until,
    row_number() over (order by decided_from) = 1 as is_first
from (
    select *, row_number() over (partition by decided_from order by written_at desc, threshold) as place
    from {{ ref('insitu', 'ml_policies') }}
    where use_case = '{{ use_case }}'
) as policies
where place = 1
{%- endmacro %}
