{{ insitu.retraining_value('USE_CASE') }}
