{%- do insitu.overall_model('monitoring') -%}

with measured as (
    {{ insitu.stable_periods() | indent(4) }}
),

final as (
    {{ insitu.stable_limits('measured', ['use_case', 'model_version', 'subject']) | indent(4) }}
)

select * from final
