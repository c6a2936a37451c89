{{ insitu.batches('arrival_delay') }}
