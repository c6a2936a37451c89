{{ insitu.evaluation_metrics('flight_delay') }}
