{{ insitu.decisions('flight_delay') }}
