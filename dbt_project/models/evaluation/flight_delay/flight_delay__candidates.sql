{{ insitu.candidates('flight_delay') }}
