{{ insitu.batches('flight_delay') }}
