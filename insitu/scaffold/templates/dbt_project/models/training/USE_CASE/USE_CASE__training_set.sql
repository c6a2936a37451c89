{{ training_set('USE_CASE') }}
