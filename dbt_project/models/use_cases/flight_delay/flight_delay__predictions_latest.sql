{{ insitu.predictions_latest('flight_delay') }}
