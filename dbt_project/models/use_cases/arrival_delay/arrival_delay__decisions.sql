{{ insitu.decisions('arrival_delay') }}
