{{ insitu.batches('USE_CASE') }}
