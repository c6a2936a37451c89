{{ parity('USE_CASE') }}
