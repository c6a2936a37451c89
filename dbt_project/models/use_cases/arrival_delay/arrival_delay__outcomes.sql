{{ insitu.outcomes('arrival_delay') }}
