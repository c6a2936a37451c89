{{ insitu.scored_features('flight_delay') }}
