{{ insitu.parity('USE_CASE') }}
