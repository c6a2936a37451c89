{{ insitu.candidates('USE_CASE') }}
