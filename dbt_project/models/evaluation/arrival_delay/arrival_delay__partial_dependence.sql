{{ insitu.partial_dependence('arrival_delay') }}
