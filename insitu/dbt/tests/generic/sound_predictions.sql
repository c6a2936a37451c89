{#- Every prediction is one that a registered model can have made: whoever may add rows may add made-up ones. One row per
    use case, batch, model version and finding. A possible score in place of the model's own is not found. -#}
{% test sound_predictions(model) %}
{{ insitu.prediction_findings(model, ref('insitu', 'ml_models')) }}
{% endtest %}
