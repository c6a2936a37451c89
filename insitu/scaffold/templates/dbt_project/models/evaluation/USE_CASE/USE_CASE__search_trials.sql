{{ insitu.search_trials('USE_CASE') }}
