{{ insitu.evaluation_metrics('USE_CASE') }}
