{{ insitu.exposures('USE_CASE') }}
