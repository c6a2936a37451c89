{{ insitu.policies('USE_CASE') }}
