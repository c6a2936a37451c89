{{ insitu.partial_dependence('USE_CASE') }}
