{{ insitu.experiment_results('USE_CASE') }}
