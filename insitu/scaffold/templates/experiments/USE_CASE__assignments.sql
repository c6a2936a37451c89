{{ insitu.assignments('USE_CASE') }}
