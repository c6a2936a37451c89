{{ insitu.retraining_value('flight_delay') }}
