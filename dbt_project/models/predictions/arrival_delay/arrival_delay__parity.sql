{{ parity('arrival_delay') }}
