{%- do insitu.overall_model('evaluation') -%}

with final as (
    {{ insitu.over_use_cases('partial_dependence', insitu.use_cases_there()) | indent(4) }}
)

select * from final
