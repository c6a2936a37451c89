{{ insitu.scoring_set('flight_delay') }}
