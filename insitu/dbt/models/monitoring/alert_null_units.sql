{#- Rows of the last days that take part in no experiment because the unit is NULL. -#}
{%- do insitu.overall_model('monitoring') -%}
{%- do insitu.for_experiments() -%}
{%- set text = dbt.type_string() -%}

with limits as (
    {{ insitu.limits_of_use_cases(['window_days']) | indent(4) }}
),

rows_of_experiments as (
    {% for use_case in insitu.use_cases_there(insitu.use_cases_with_experiments()) -%}
    {%- set config = insitu.use_case_config(use_case) -%}
    {%- set predictions = insitu.use_case_ref(use_case, 'predictions') -%}
    {%- set spine = insitu.use_case_ref(use_case, 'spine') -%}
    {%- set experiments = insitu.experiments(use_case) -%}
    {%- for experiment in experiments -%}
    select
        '{{ use_case }}' as use_case,
        cast('{{ experiment.name }}' as {{ text }}) as experiment,
        cast({{ insitu.identifier(config.as_of) }} as timestamp) as as_of,
        case when {{ insitu.unit_id(experiment.unit) }} is null then 1 else 0 end as is_null
    from ({{ insitu.rows_assigned(use_case, [experiment], predictions) }}) as taking_part
    where {{ insitu.identifier(config.as_of) }} >= {{ experiment['from'] }}
        {%- if experiment.until %}
        and {{ insitu.identifier(config.as_of) }} < {{ experiment.until }}
        {%- endif %}
        {%- if experiment.eligible %}
        and ({{ experiment.eligible }})
        {%- endif %}
    union all
    {% endfor -%}
    {%- endfor %}
    select
        cast(null as {{ text }}) as use_case,
        cast(null as {{ text }}) as experiment,
        cast(null as timestamp) as as_of,
        cast(null as integer) as is_null
    where 1 = 0
),

moments as (
    {{ insitu.moments_of_use_cases() | indent(4) }}
),

findings as (
    select
        taking_part.use_case,
        taking_part.experiment as subject,
        max(taking_part.as_of) as as_of,
        sum(taking_part.is_null) as value,
        0 as limit_value,
        count(*) as n_rows
    from rows_of_experiments as taking_part
    inner join moments on taking_part.use_case = moments.use_case
    inner join limits on taking_part.use_case = limits.use_case
    where taking_part.as_of > {{ insitu.days_before_now('limits.window_days') }} and taking_part.as_of <= moments.now
    group by taking_part.use_case, taking_part.experiment
)

select
    {{ insitu.alert_columns('alert_null_units') }},
    'the unit of ' || {{ insitu.count_text('value') }} || ' of ' || {{ insitu.count_text('n_rows') }} || ' rows is NULL: they take no part' as message
from findings
where value > 0
