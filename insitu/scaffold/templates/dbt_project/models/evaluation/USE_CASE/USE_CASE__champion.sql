{{ champion('USE_CASE') }}
