{{ outcomes('USE_CASE') }}
