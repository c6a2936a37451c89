{{ insitu.due('arrival_delay') }}
