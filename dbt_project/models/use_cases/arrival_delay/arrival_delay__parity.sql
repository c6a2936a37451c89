{{ insitu.parity('arrival_delay') }}
