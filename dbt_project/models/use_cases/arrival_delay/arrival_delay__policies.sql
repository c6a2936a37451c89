{{ insitu.policies('arrival_delay') }}
