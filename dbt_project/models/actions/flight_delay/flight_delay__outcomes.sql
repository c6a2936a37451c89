{{ outcomes('flight_delay') }}
