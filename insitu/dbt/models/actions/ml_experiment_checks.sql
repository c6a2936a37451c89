{#- Whether units fall to variants as their shares say, at every look. -#}
{%- do insitu.overall_model('actions') -%}
{%- do insitu.for_experiments() -%}

with final as (
    {{ insitu.over_use_cases('experiment_checks', insitu.use_cases_there(insitu.use_cases_with_experiments())) | indent(4) }}
)

select * from final
