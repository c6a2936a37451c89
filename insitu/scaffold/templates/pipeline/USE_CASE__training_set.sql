{{ insitu.training_set('USE_CASE') }}
