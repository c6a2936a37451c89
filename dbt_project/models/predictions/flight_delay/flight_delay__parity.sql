{{ parity('flight_delay') }}
