{{ candidates('USE_CASE') }}
