{{ evaluation_metrics('USE_CASE') }}
