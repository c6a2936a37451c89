{{ candidates('flight_delay') }}
