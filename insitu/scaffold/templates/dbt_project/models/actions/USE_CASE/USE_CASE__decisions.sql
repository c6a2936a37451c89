{{ decisions('USE_CASE') }}
