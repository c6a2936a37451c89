{{ insitu.evaluation_curves('flight_delay') }}
