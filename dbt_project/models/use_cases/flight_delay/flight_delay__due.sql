{{ insitu.due('flight_delay') }}
