{{ insitu.due('USE_CASE') }}
