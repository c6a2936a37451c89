{{ insitu.evaluation_curves('USE_CASE') }}
