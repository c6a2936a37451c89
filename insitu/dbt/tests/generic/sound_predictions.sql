{#- Every prediction is one that a registered model can have made: whoever may add rows may add made-up ones. One row per
    use case, batch, model version and finding. A possible score in place of the model's own is not found. -#}
{% test sound_predictions(model) %}
with final as (
    {% for use_case in insitu.use_cases() %}
    {% set config = insitu.use_case_config(use_case) %}
    select '{{ use_case }}' as use_case, findings.*
    from (
        {{ insitu.prediction_findings(
            insitu.use_case_ref(use_case, 'predictions'), insitu.use_case_ref(use_case, 'models'), config.task
        ) }}
    ) as findings
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
{% endtest %}
