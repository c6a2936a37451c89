{{ insitu.decisions('USE_CASE') }}
