{{ champion('flight_delay') }}
