{{ insitu.scored_features('USE_CASE') }}
