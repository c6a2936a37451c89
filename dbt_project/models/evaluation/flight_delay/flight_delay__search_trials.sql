{{ insitu.search_trials('flight_delay') }}
