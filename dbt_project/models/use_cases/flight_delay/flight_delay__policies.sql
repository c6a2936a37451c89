{{ insitu.policies('flight_delay') }}
