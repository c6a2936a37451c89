{%- do insitu.overall_model('actions') -%}

with final as (
    {{ insitu.over_use_cases('policy_values', insitu.use_cases_there()) | indent(4) }}
)

select * from final
