{{ insitu.training_set('flight_delay') }}
