{#- Which units of which step compare a variant with its control, as rows of SQL: (experiment, step, variant, weight_control,
    weight_variant). Shares change from step to step and so does the world: pooled as they are, arms would differ by the days
    they come from. A unit therefore weighs as much as the share of the other arm at its time, by which each step has the same
    weight in both arms (overlap weights; Li et al. 2018); with shares that never change all weights are equal. A step in which
    one of the two has no share compares nothing. -#}
{% macro comparisons(experiments) -%}
{%- for experiment in experiments -%}
{%- set shares = insitu.shares_of_steps(experiment) -%}
{%- for row in shares if row.variant != experiment.control and row.share > 0 and row.control > 0 -%}
select
    '{{ experiment.name }}' as experiment,
    {{ row.step }} as step,
    '{{ row.variant }}' as variant,
    cast({{ row.share / (row.share + row.control) }} as double precision) as weight_control,
    cast({{ row.control / (row.share + row.control) }} as double precision) as weight_variant
union all
{% endfor -%}
{%- endfor -%}
select
    cast(null as {{ dbt.type_string() }}) as experiment,
    cast(null as integer) as step,
    cast(null as {{ dbt.type_string() }}) as variant,
    cast(null as double precision) as weight_control,
    cast(null as double precision) as weight_variant
from (select 1 as one) as nothing
where 1 = 0
{%- endmacro %}


{#- The share of each variant in each step of the plan, beside the control's: [{step, variant, share, control}]. -#}
{% macro shares_of_steps(experiment) %}
    {%- set steps = {} -%}
    {%- for row in insitu.plan_rows(experiment) -%}
        {%- do steps.setdefault(row.step, {}).update({row.variant: row.share}) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for step, shares in steps.items() -%}
        {%- for variant in experiment.variants -%}
            {%- do found.append({
                'step': step, 'variant': variant.name, 'share': shares.get(variant.name, 0),
                'control': shares.get(experiment.control, 0),
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
