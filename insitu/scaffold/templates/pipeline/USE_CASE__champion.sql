{{ insitu.champion('USE_CASE') }}
