{%- do insitu.overall_model('evaluation') -%}

with final as (
    {{ insitu.over_use_cases('partial_dependence', insitu.use_cases()) | indent(4) }}
)

select * from final
