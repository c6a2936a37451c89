{{ insitu.candidates('arrival_delay') }}
