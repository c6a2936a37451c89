{{ insitu.champion('flight_delay') }}
