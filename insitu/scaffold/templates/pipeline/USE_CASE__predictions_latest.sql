{{ insitu.predictions_latest('USE_CASE') }}
