{{ insitu.outcomes('flight_delay') }}
