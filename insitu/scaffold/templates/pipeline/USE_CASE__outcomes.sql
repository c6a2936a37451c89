{{ insitu.outcomes('USE_CASE') }}
