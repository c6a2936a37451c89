{{ insitu.champion('arrival_delay') }}
