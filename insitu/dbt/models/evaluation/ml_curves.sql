{%- do insitu.overall_model('evaluation') -%}

with final as (
    {{ insitu.computed_once_each('evaluation_curves', insitu.use_cases_there()) | indent(4) }}
)

select * from final
