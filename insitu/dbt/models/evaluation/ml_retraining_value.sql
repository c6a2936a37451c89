{%- do insitu.overall_model('evaluation') -%}
{%- if not insitu.backtests() %}{%- do config(enabled=false) %}{%- endif %}

with final as (
    {{ insitu.over_use_cases('retraining_value', insitu.use_cases_there(insitu.backtests())) | indent(4) }}
)

select * from final
