{{ insitu.parity('flight_delay') }}
