{{ insitu.partial_dependence('flight_delay') }}
