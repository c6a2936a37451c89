{{ insitu.feature_importance('USE_CASE') }}
