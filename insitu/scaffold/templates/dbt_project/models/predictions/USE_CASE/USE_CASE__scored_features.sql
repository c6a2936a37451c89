{{ scored_features('USE_CASE') }}
