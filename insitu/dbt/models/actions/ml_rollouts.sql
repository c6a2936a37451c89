{#- The state of each experiment, and the present share of each of its variants. -#}
{%- do insitu.overall_model('actions') -%}
{%- do insitu.for_experiments() -%}

with final as (
    {% for use_case in insitu.use_cases_there(insitu.use_cases_with_experiments()) -%}
    {{ insitu.rollouts(use_case) | indent(4) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
