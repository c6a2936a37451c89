{{ insitu.scored_features('arrival_delay') }}
