{{ decisions('flight_delay') }}
